/**
 * The curves that come with Foldline, in page/curves/: what people call them, and what is on the axes.
 *
 * `sketch` is the curve in small: its height at 25 places evenly apart, of 99.
 */
export const CURVES = [
  {
    name: "thermocouple_k", title: "Thermocouple, type K", points: 787,
    x: "Voltage (mV)", y: "Temperature (°C)",
    sketch: [0, 7, 11, 15, 19, 23, 27, 31, 35, 39, 42, 46, 50, 54, 57, 61, 65, 69, 73, 77, 81, 86, 90, 94, 99],
  },
  {
    name: "ntc_resistance", title: "Thermistor, 10 kΩ NTC", points: 191,
    x: "Temperature (°C)", y: "Resistance (Ω)",
    sketch: [99, 57, 34, 21, 13, 8, 6, 4, 3, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "pump_efficiency", title: "Efficiency of a pump", points: 281,
    x: "Flow (m³/h)", y: "Efficiency",
    sketch: [0, 12, 23, 33, 43, 52, 60, 68, 75, 81, 86, 90, 94, 96, 98, 99, 99, 98, 96, 93, 89, 84, 78, 71, 62],
  },
  {
    name: "silu", title: "Activation SiLU", points: 2001,
    x: "x", y: "x · sigmoid(x)",
    sketch: [3, 3, 3, 3, 3, 3, 2, 2, 2, 1, 0, 0, 3, 8, 16, 25, 34, 42, 51, 59, 67, 75, 83, 91, 99],
  },
  {
    name: "log2_mantissa", title: "Logarithm, base 2", points: 513,
    x: "Mantissa", y: "log2",
    sketch: [0, 6, 11, 17, 22, 27, 32, 37, 41, 45, 50, 54, 58, 62, 66, 69, 73, 76, 80, 83, 87, 90, 93, 96, 99],
  },
  {
    name: "air_density", title: "Density of air", points: 401,
    x: "Altitude (m)", y: "Density (kg/m³)",
    sketch: [99, 91, 83, 76, 69, 62, 56, 51, 46, 41, 36, 32, 28, 25, 21, 17, 14, 12, 9, 7, 5, 4, 2, 1, 0],
  },
  {
    name: "income_tax_de_2024", title: "German income tax", points: 1004,
    x: "Taxable income (EUR)", y: "Tax (EUR)",
    sketch: [0, 0, 0, 0, 3, 6, 10, 13, 17, 21, 25, 30, 34, 39, 44, 49, 55, 60, 66, 71, 77, 82, 88, 93, 99],
  },
  {
    name: "graphite_ocp", title: "Graphite electrode", points: 248,
    x: "Lithium content", y: "Open-circuit potential (V)",
    sketch: [99, 42, 22, 14, 9, 8, 7, 5, 4, 4, 3, 3, 3, 3, 3, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0],
  },
  {
    name: "nile", title: "Flow of the Nile", points: 100,
    x: "Year", y: "Flow (10⁸ m³)",
    sketch: [72, 76, 93, 66, 58, 77, 84, 41, 41, 61, 22, 71, 37, 33, 57, 42, 40, 24, 44, 44, 53, 45, 52, 34, 31],
  },
  {
    name: "sem_linewidth", title: "Line width, microscope", points: 150,
    x: "Line width", y: "Response",
    sketch: [0, 0, 1, 2, 5, 9, 14, 20, 26, 32, 39, 45, 51, 57, 62, 67, 72, 77, 81, 84, 88, 91, 94, 97, 99],
  },
];
