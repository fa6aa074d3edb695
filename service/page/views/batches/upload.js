/** A new batch: a file, what is asked of its functions, and the same as code. */

import { Problem, sender, withQuery } from "../../api.js";
import { fill, h } from "../../dom.js";
import { CSV, NDJSON } from "../../layout.js";
import { codeBlock, tabs } from "../../parts/code.js";
import { fileButton } from "../../parts/file_button.js";
import { errorNotice } from "../../parts/notices.js";
import { bytes } from "../../words.js";
import { clientCall, curlCall } from "./calls.js";
import { EXAMPLES, lookedAt } from "./kinds.js";
import { functionsFile, tableFile } from "./sample.js";
import { batchSettings, tableSettings } from "./settings.js";

const FILES = { [CSV]: "curves.csv", [NDJSON]: "functions.ndjson" };

/** The card; once a batch is accepted its view is shown. */
export function upload(signal) {
  let file = null;
  let type = CSV;
  const sending = sender();
  const chosen = h("div", { role: "status" });
  const said = h("div.said", {});
  const ofTable = tableSettings();
  const ofBatch = batchSettings();
  const send = h("button.primary", { type: "submit" }, "Send the batch");
  const form = h("form", {
    novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      sent();
    }, oninput: () => draw(), onchange: () => draw(),
  }, chooser(take), chosen, ofTable.element, ofBatch.element, said, h("div.row", {}, send));
  const code = tabs("Batches as files and calls", [
    ["CSV", () => formatPanel(CSV)], ["NDJSON", () => formatPanel(NDJSON)],
    ["curl", () => codeBlock(curlCall(file?.name ?? FILES[type], type, parameters()), "curl call")],
    ["Python", () => codeBlock(clientCall(file?.name ?? FILES[type], type, parameters()), "Python call")],
  ]);
  draw();
  return h("section.card", { "aria-labelledby": "new-batch" },
    h("h2", { id: "new-batch", tabindex: "-1" }, "New batch"),
    h("div.columns.halves", {}, form, h("div", {}, code)));

  async function take(next) {
    fill(said);
    const look = await lookedAt(next);
    [file, type] = [next, look.type];
    fill(chosen, h("p.batch-file", {}, h("strong", {}, next.name), ` · ${bytes(next.size)} · ${look.words}`));
    draw();
    // Whoever has chosen a call meanwhile goes on looking at it.
    if (shown() <= 1) code.choose([CSV, NDJSON].indexOf(type));
  }

  /** Which of the tabs is open. */
  function shown() {
    return [...code.querySelectorAll("[role=tab]")].findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  }

  function parameters() {
    return { ...(type === CSV ? ofTable.values() : {}), ...ofBatch.values() };
  }

  /** Show what belongs to the file, and the code that does the same. */
  function draw() {
    ofTable.element.hidden = type !== CSV;
    send.disabled = file === null;
    if (shown() > 1) code.choose(shown());
  }

  async function sent() {
    fill(said);
    [...ofTable.fields, ...ofBatch.fields].forEach((field) => field.say(null));
    send.disabled = true;
    send.classList.add("busy");
    try {
      const batch = await sending(withQuery("v1/batches", parameters()), file, type, signal);
      location.hash = `#/batches/${batch.id}`;
    } catch (error) {
      if (signal.aborted) return;
      refused(error);
    }
    send.disabled = false;
    send.classList.remove("busy");
  }

  /** Say what is wrong beside the field that it is about, and of the file below. */
  function refused(error) {
    const fields = new Map([...ofTable.fields, ...ofBatch.fields].map((field) => [field.control.name, field]));
    const listed = error instanceof Problem ? error.errors : [];
    for (const { field, detail } of listed) fields.get(field)?.say(detail);
    if (!listed.length || listed.some(({ field }) => !fields.has(field))) fill(said, errorNotice(error));
    else fields.get(listed[0].field).control.focus();
  }
}

/** Where a file is dropped or chosen, or a sample is made. */
function chooser(take) {
  const said = h("div", {});
  const sample = (words, make) => h("button.small", {
    type: "button", onclick: async () => {
      try {
        await take(await make());
      } catch (error) {
        fill(said, errorNotice(error));
      }
    },
  }, words);
  const zone = h("div.drop", {
    ondragover: (event) => {
      event.preventDefault();
      zone.classList.add("dragged");
    },
    ondragleave: () => zone.classList.remove("dragged"),
    ondrop: (event) => {
      event.preventDefault();
      zone.classList.remove("dragged");
      if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
    },
  },
  h("p.drop-title", {}, "Drop a CSV or NDJSON file"), fileButton("File of the batch", "button", take).element,
  h("div.row.samples", {}, h("span.muted", {}, "or try"),
    sample("24 functions (NDJSON)", functionsFile), sample("3 functions (CSV)", tableFile)), said);
  return zone;
}

function formatPanel(type) {
  const words = type === CSV
    ? "A column x, and a column of y for each function; the header names them. An empty cell is no sample. All functions have the same target, which is set here."
    : "A function a line, asked as a job is: samples, target, options, and a name of yours in custom_id. Each has a target of its own.";
  return h("div", {}, h("p.hint", {}, words), codeBlock(EXAMPLES[type], `${type === CSV ? "CSV" : "NDJSON"} example`));
}
