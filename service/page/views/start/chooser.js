/** Where a curve comes from: a file, the clipboard, or the curves that come with Foldline. */

import { fill, h, svg } from "../../dom.js";
import { fileButton } from "../../parts/file_button.js";
import { counted } from "../../words.js";
import { CURVES } from "./curves.js";

/**
 * The places to choose a curve at.
 *
 * @param {object} on
 * @param {(file: File) => void} on.file
 * @param {(text: string) => void} on.text
 * @param {(entry: object) => void} on.shipped told of an entry of CURVES.
 * @returns {{element: HTMLElement, busy: (name: string|null) => void, refuse: (notice: Node, pasted: boolean) => void}}
 */
export function chooser(on) {
  const said = h("div", { id: "curve-said" });
  const pick = fileButton("File with a curve", "button.primary", on.file);
  pick.button.setAttribute("aria-describedby", "curve-said drop-hint");
  const text = h("textarea", {
    id: "paste", rows: "5", spellcheck: "false", autocomplete: "off",
    placeholder: "0\t0.771\n10\t0.669\n20\t0.556", "aria-describedby": "curve-said paste-hint",
    onpaste: () => setTimeout(() => on.text(text.value)),
  });
  const use = h("button", { type: "button", onclick: () => on.text(text.value) }, "Use this text");
  const element = h("div.stack", {},
    said,
    h("div.columns.halves", {},
      h("section.drop", { "aria-label": "File" },
        tray(),
        h("p.drop-title", {}, "Drop a CSV or NPY file"),
        pick.element,
        h("p.hint", { id: "drop-hint" }, "Two columns, x and y; weight or tolerance if the header names them.")),
      h("section.card.paste", { "aria-label": "Text" },
        h("label", { for: "paste" }, "Or paste two columns from a spreadsheet"),
        text,
        h("div.row.spread", {},
          h("p.hint", { id: "paste-hint" }, "Pasting works anywhere on this page."), use))),
    gallery(on.shipped));
  return {
    element,
    text,
    /** Say that something is being read; null when it no longer is. */
    busy(name) {
      fill(said, name && h("p.muted.busy", { role: "status" }, `Reading ${name} …`));
      text.removeAttribute("aria-invalid");
    },
    /** Say what is wrong, beside what it came from. */
    refuse(notice, isText) {
      fill(said, notice);
      if (isText) text.setAttribute("aria-invalid", "true");
      (isText ? text : pick.button).focus();
    },
  };
}

function gallery(choose) {
  return h("section", { "aria-labelledby": "shipped-title" },
    h("h2", { id: "shipped-title" }, "Or try one of these"),
    h("ul.gallery", {}, CURVES.map((entry) => h("li", {},
      h("button.curve", { type: "button", onclick: () => choose(entry) },
        sketch(entry.sketch),
        h("span.curve-title", {}, entry.title),
        h("span.hint", {}, counted(entry.points, "sample")))))));
}

function sketch(heights) {
  const points = heights.map((height, at) => `${at * 4},${34 - height / 3.2}`).join(" ");
  return svg("svg", { viewBox: "-1 0 98 37", preserveAspectRatio: "none", "aria-hidden": "true", class: "c-samples" },
    svg("polyline", {
      points, fill: "none", stroke: "currentColor", "stroke-width": 2, "vector-effect": "non-scaling-stroke",
      "stroke-linejoin": "round", "stroke-linecap": "round",
    }));
}

function tray() {
  return svg("svg", { viewBox: "0 0 48 48", width: 48, height: 48, "aria-hidden": "true", class: "tray" },
    svg("path", {
      d: "M24 6v22m-9-9 9 9 9-9M8 30v8a3 3 0 0 0 3 3h26a3 3 0 0 0 3-3v-8",
      fill: "none", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round", "stroke-linejoin": "round",
    }));
}

/**
 * Take files and text that are dropped or pasted anywhere on the page.
 *
 * @param {HTMLElement} root marked while something is dragged over the page.
 * @param {object} on as of `chooser`.
 * @param {AbortSignal} signal ends it.
 */
export function takeAnywhere(root, on, signal) {
  const over = (is) => root.classList.toggle("dragged", is);
  const options = { signal };
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  }, options);
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); }, options);
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const [file] = event.dataTransfer.files;
    // Some file managers give the place of a file as text beside it.
    if (file) on.file(file);
    else take(event.dataTransfer, on);
  }, options);
  document.addEventListener("paste", (event) => {
    if (event.target.closest("input, textarea, dialog")) return;
    event.preventDefault();
    take(event.clipboardData, on);
  }, options);
}

function take(data, on) {
  const text = data.getData("text/plain");
  // A spreadsheet puts a picture of the cells beside their text.
  if (text.trim()) on.text(text);
  else if (data.files.length) on.file(data.files[0]);
}
