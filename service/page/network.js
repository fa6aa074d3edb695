/** A network in the browser: its values and its breakpoints, in float64. */

/**
 * The layers of network.json, ready to compute with.
 *
 * @param {object} document
 * @returns {Array<{weight: Float64Array[], bias: Float64Array}>} a row of weight for each neuron.
 */
export const layersOf = (document) => document.layers.map(({ weight, bias }) => ({
  weight: weight.map((row) => Float64Array.from(row)), bias: Float64Array.from(bias),
}));

/** The network's values at x. */
export function evaluate(layers, x) {
  const hidden = below(layers, layers.length - 1, x);
  return affine(layers[layers.length - 1], hidden, x.length)[0];
}

/**
 * Where the network's slope may change, layer by layer: exact, nothing is sampled.
 *
 * Where all layers so far are straight, a neuron's argument is straight too, and passes 0 once at most.
 *
 * @param {Array} layers of `layersOf`.
 * @param {number} start of the interval.
 * @param {number} end
 * @returns {Float64Array[]} for each hidden layer the breakpoints it and those before it make, increasing, the
 *   ends of the interval among them.
 */
export function breakpoints(layers, start, end) {
  const found = [];
  let x = Float64Array.of(start, end);
  for (let depth = 0; depth < layers.length - 1; depth += 1) {
    const hidden = below(layers, depth, x);
    const { weight, bias } = layers[depth];
    const all = Array.from(x);
    weight.forEach((row, neuron) => {
      const argument = affine({ weight: [row], bias: [bias[neuron]] }, hidden, x.length)[0];
      for (let i = 1; i < x.length; i += 1) {
        const [before, after] = [argument[i - 1], argument[i]];
        if (!(Math.sign(before) * Math.sign(after) < 0)) continue;
        const place = depth === 0
          ? -bias[neuron] / row[0]
          : x[i - 1] + (x[i] - x[i - 1]) * (before / (before - after));
        if (place > start && place < end) all.push(place);
      }
    });
    x = Float64Array.from(all).sort().filter((value, i, sorted) => i === 0 || value !== sorted[i - 1]);
    found.push(x);
  }
  return found;
}

/** What comes out of the first so many layers at x: a column for each neuron. */
function below(layers, depth, x) {
  let hidden = [x];
  for (const layer of layers.slice(0, depth)) {
    hidden = affine(layer, hidden, x.length);
    for (const column of hidden) {
      for (let i = 0; i < column.length; i += 1) if (column[i] < 0) column[i] = 0;
    }
  }
  return hidden;
}

function affine({ weight, bias }, hidden, count) {
  return weight.map((row, neuron) => {
    const column = new Float64Array(count).fill(bias[neuron]);
    row.forEach((factor, from) => {
      if (factor === 0) return;
      const values = hidden[from];
      for (let i = 0; i < count; i += 1) column[i] += factor * values[i];
    });
    return column;
  });
}
