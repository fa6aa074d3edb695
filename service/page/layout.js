/**
 * What kind of file samples are in and how it is laid out, from its beginning: for axes, for the call
 * from Python, and to tell a table of many functions. What its numbers are the service says.
 *
 * @typedef {object} TextLayout
 * @property {string|null} separator of the columns; null for white space
 * @property {string[]|null} header the names of the columns
 * @property {number} skipped lines before the first sample
 * @property {number} columns of the first sample
 * @property {boolean} commas whether decimals have a comma
 * @property {boolean} marked whether a byte order mark comes first
 * @property {boolean} quoted whether there are cells in quotes
 */

export const CSV = "text/csv";
export const NDJSON = "application/x-ndjson";
export const NPY = "application/x-npy";

const SEPARATORS = ["\t", ";", ","];
const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+(e[+-]?\d+)?\s*$/i;

/** Lay out the beginning of a CSV file, as the service reads it. */
export function textLayout(text) {
  const marked = text.startsWith("\ufeff");
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const kept = lines.flatMap((line, at) => (line.trim() && !line.trim().startsWith("#") ? [at] : []));
  const begin = kept.slice(0, 2).map((at) => lines[at].replace(/"[^"]*"/g, ""));
  const separator = begin.length ? separatorOf(begin) : null;
  const cells = (line) => (separator === null ? line.trim().split(/\s+/) : line.split(separator))
    .map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const commas = separator !== "," && kept.some((at) => cells(lines[at]).some((cell) => DECIMAL_COMMA.test(cell)));
  const first = kept.length ? cells(lines[kept[0]]) : [];
  const header = first.some((cell) => isNumber(cell, commas)) ? null : first;
  const sample = kept[header ? 1 : 0];
  return {
    separator, header, commas, marked,
    skipped: sample ?? 0,
    columns: sample === undefined ? first.length : cells(lines[sample]).length,
    quoted: text.includes('"'),
  };
}

function separatorOf(begin) {
  const [first] = begin;
  let found = SEPARATORS.filter((mark) => first.includes(mark));
  // Tabs may only line up what commas separate.
  if (first.includes(",") && (first.includes(",\t") || !first.trim().includes("\t"))) {
    found = found.filter((mark) => mark !== "\t");
  }
  return found.find((mark) => begin.every((line) => line.includes(mark))) ?? found[0] ?? null;
}

const isNumber = (cell, commas) =>
  cell !== "" && (Number.isFinite(Number(cell)) || (commas && DECIMAL_COMMA.test(cell)));

/** Where the columns x, y, weight and tolerance are: {x: 0, y: 1}. */
export function placesOf({ header }) {
  const names = (header ?? []).map((name) => name.toLowerCase());
  const named = names.includes("x") && names.includes("y");
  const places = named ? { x: names.indexOf("x"), y: names.indexOf("y") } : { x: 0, y: 1 };
  for (const name of ["weight", "tolerance"]) {
    if (names.includes(name)) places[name] = names.indexOf(name);
  }
  return places;
}

/** How many functions a table has: a column each, besides x; one without a name is taken to be empty. */
export function functionsIn({ header, columns }) {
  if (!header) return Math.max(0, columns - 1);
  const x = Math.max(0, header.findIndex((name) => name.toLowerCase() === "x"));
  return header.filter((name, at) => name && at !== x).length;
}

/** Whether lines are functions of a batch, of which the first may go on beyond the beginning. */
export const isNdjson = (text) => /^\s*[{[]/.test(text);

/**
 * How an array of numpy lies: "rows" [2, N], "columns" [N, 2], or "fields", with their names.
 *
 * @param {string} begin the beginning of the file, a character for each byte.
 */
export function arrayLayout(begin) {
  const names = [...begin.matchAll(/\(\s*['"](\w+)['"]\s*,\s*['"]/g)].map(([, name]) => name);
  if (names.length) return { kind: "fields", names };
  return { kind: /['"]shape['"]\s*:\s*\(\s*2\s*,/.test(begin) ? "rows" : "columns", names };
}
