/** Why a curve could not be read, with its name, its line, and what to do instead. */

import { Problem } from "../../api.js";
import { h } from "../../dom.js";
import { lineOf, mistaken } from "./reading.js";

/** A line of a file that is no text shows nothing of use. */
const NO_TEXT = /[\x00-\x08\x0e-\x1f\ufffd]/;
/** Longer lines are cut where they are shown. */
const MOST_SHOWN = 120;

/**
 * What the service says of a file.
 *
 * @param {import("./reading.js").Curve} curve
 * @param {Error} error
 * @returns {Promise<HTMLElement>}
 */
export async function refused(curve, error) {
  const name = curve.origin === "pasted" ? "The pasted text" : curve.name;
  const listed = error instanceof Problem ? error.errors : [];
  const said = listed.length
    ? await Promise.all(listed.map((each) => told(curve, each)))
    : [h("p", {}, error.message)];
  return h("div.notice.bad", { role: "alert" },
    h("p", {}, h("strong", {}, name), " could not be read."), said,
    error instanceof Problem && await advice(curve));
}

async function told(curve, { field, detail }) {
  const line = /^line\.(\d+)$/.exec(field);
  if (!line) return h("p", {}, ["body", ""].includes(field) ? null : `${field} `, detail);
  const text = await lineOf(curve, Number(line[1]));
  return [
    h("p", {}, `line ${line[1]}: `, detail),
    text && !NO_TEXT.test(text) && h("pre.quoted", {}, h("span.muted", {}, `${line[1]}  `), text.slice(0, MOST_SHOWN)),
  ];
}

async function advice(curve) {
  const what = await mistaken(curve);
  if (what === "workbook") {
    return h("p", {}, "This is a spreadsheet's own file: save it as CSV, or copy its two columns and paste them here.");
  }
  if (what !== "many") return null;
  return h("p", {}, "More than one function? ", h("a", { href: "#/batches" }, "Send it as a batch"),
    ": a column of x and one for each function, or a function a line.");
}
