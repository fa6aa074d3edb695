/**
 * A curve as it came, and as the service reads it.
 *
 * @typedef {object} Curve
 * @property {string} name of the file
 * @property {string} title what people call it
 * @property {Blob} body its bytes, as they are sent
 * @property {string} type its media type
 * @property {"file"|"pasted"|"shipped"|"kept"} origin kept: by the service
 * @property {{x: string, y: string}} labels of the axes
 * @property {object} layout of ../../layout.js; for NPY with `kind`
 * @property {{x: number[], y: number[], weight: ?number[], tolerance: ?number[]}} [samples] as fitted
 */

import { address, ask } from "../../api.js";
import { CSV, NPY, arrayLayout, functionsIn, isNdjson, placesOf, textLayout } from "../../layout.js";

/** So much of a file tells how it is laid out. */
const BEGIN_BYTES = 65536;
/** A spreadsheet's own file is a ZIP archive, or has this older beginning. */
const WORKBOOK = /^(PK\x03\x04|\xd0\xcf\x11\xe0)/;

/** A file, not read yet. */
export async function curveOf(name, body, known = {}) {
  const own = { name, title: name, body, origin: "file", ...known };
  const begin = await beginOf(body);
  if (begin.startsWith("\x93NUMPY") || /\.npy$/i.test(name)) {
    const layout = arrayLayout(begin.slice(0, 2000));
    return { ...own, type: NPY, layout, labels: { x: "x", y: "y" } };
  }
  const layout = textLayout(await body.slice(0, BEGIN_BYTES).text());
  return { labels: labelsOf(layout), ...own, type: CSV, layout };
}

/** What was pasted, as a file. */
export const pasted = (text) =>
  curveOf("pasted.csv", new Blob([text], { type: CSV }), { origin: "pasted", title: "Pasted samples" });

/** One of the curves that come with Foldline. */
export async function shipped({ name, title, x, y }, signal) {
  const file = `${name}.csv`;
  const response = await ask(`page/curves/${file}`, { signal });
  return curveOf(file, await response.blob(), { origin: "shipped", title, labels: { x, y } });
}

/** Where a shipped curve can be had. */
export const shippedAddress = (curve) => address(`page/curves/${curve.name}`);

/** Have the service read it: the same curve, with its samples. */
export async function read(curve, signal) {
  const headers = { "Content-Type": curve.type };
  const response = await ask("v1/samples", { method: "POST", body: curve.body, headers, signal });
  return { ...curve, samples: await response.json() };
}

/**
 * What a file may be that is no curve: "many" functions, a "workbook", or null.
 *
 * @param {Curve} curve that the service refused.
 */
export async function mistaken(curve) {
  const begin = await beginOf(curve.body);
  if (WORKBOOK.test(begin)) return "workbook";
  if (curve.type === NPY) return null;
  const text = await curve.body.slice(0, BEGIN_BYTES).text();
  return isNdjson(text) || functionsIn(curve.layout) > 1 ? "many" : null;
}

/** A line of a text file, by its number; null if it has none. */
export async function lineOf(curve, number) {
  if (curve.type === NPY) return null;
  const text = await curve.body.slice(0, 64 * BEGIN_BYTES).text();
  return text.split(/\r\n|\r|\n/)[number - 1] ?? null;
}

/** A character for each byte. */
async function beginOf(body) {
  const bytes = new Uint8Array(await body.slice(0, BEGIN_BYTES).arrayBuffer());
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function labelsOf(layout) {
  const { x, y } = placesOf(layout);
  return { x: layout.header?.[x] || "x", y: layout.header?.[y] || "y" };
}
