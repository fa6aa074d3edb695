/** The two files a batch can be: how to tell them apart, and what they look like. */

import { CSV, NDJSON, functionsIn, isNdjson, textLayout } from "../../layout.js";
import { counted } from "../../words.js";

/** So much of a file is looked at: the names of all functions there may be are in it. */
const LOOK_BYTES = 1024 * 1024;

/** The smallest batches there are. */
export const EXAMPLES = {
  [CSV]: ["x,valve_1,valve_2", "0,0.00,0.10", "1,0.31,0.42", "2,0.55,", "3,0.62,0.71"].join("\n"),
  [NDJSON]: [
    { custom_id: "valve_1", samples: { x: [0, 1, 2, 3], y: [0, 0.31, 0.55, 0.62] }, target: { tolerance: 0.05 } },
    { custom_id: "valve_2", samples: { x: [0, 1, 3], y: [0.1, 0.42, 0.71] }, options: { max_segments: 1 } },
  ].map((each) => JSON.stringify(each)).join("\n"),
};

/**
 * What kind of batch a file is, by what is in it.
 *
 * @param {Blob} file
 * @returns {Promise<{type: string, words: string}>} words: what can be said of it before it is sent.
 */
export async function lookedAt(file) {
  const text = await file.slice(0, LOOK_BYTES).text();
  if (isNdjson(text)) return { type: NDJSON, words: "a function a line" };
  return { type: CSV, words: `a table of ${counted(functionsIn(textLayout(text)), "function")}` };
}
