/** Batches to try, made here from curves that come with Foldline. */

import { address } from "../../api.js";
import { CSV, NDJSON } from "../../layout.js";

const CURVES = ["pump_efficiency", "ntc_resistance", "air_density", "graphite_ocp"];
/** Shares of the range of y. */
const TOLERANCES = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002];

/** Four curves at six tolerances each, a function a line. */
export async function functionsFile() {
  const curves = await Promise.all(CURVES.map(read));
  const functions = curves.flatMap((samples, at) => TOLERANCES.map((tolerance) => ({
    custom_id: `${CURVES[at]} at ${tolerance}`,
    samples,
    target: { tolerance, relative_to: "range" },
    options: { effort: "quick" },
  })));
  const text = functions.map((each) => `${JSON.stringify(each)}\n`).join("");
  return new File([text], "functions.ndjson", { type: NDJSON });
}

/** Three functions over the same x, a column each. */
export async function tableFile() {
  const { x, y } = await read("pump_efficiency");
  const rows = x.map((flow, i) => [flow, y[i], 1 - y[i], y[i] * flow].join(","));
  return new File([`x,efficiency,loss,useful_flow\n${rows.join("\n")}\n`], "pump.csv", { type: CSV });
}

async function read(name) {
  const response = await fetch(address(`page/curves/${name}.csv`));
  const [, ...rows] = (await response.text()).trim().split("\n");
  const points = rows.map((row) => row.split(",").map(Number));
  return { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
}
