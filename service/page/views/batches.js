/** Batches: many functions at once, and how far each batch is. */

import { append, fill, h } from "../dom.js";
import { batchCancelled, cancelCell } from "../parts/cancel.js";
import { countsBar, countsWords } from "../parts/counts.js";
import { addressWith, anyOf, filters } from "../parts/filters.js";
import { list } from "../parts/list.js";
import { created, nameLink, nameOf } from "../parts/names.js";
import { empty, errorNotice, heading, statusMark } from "../parts/notices.js";
import { createdFields, labelFields, wantedBy } from "../parts/wanted.js";
import { count } from "../words.js";
import { upload } from "./batches/upload.js";

const FIELDS = () => [
  ...labelFields(),
  { name: "status", label: "Status", control: anyOf([
    ["", "Any"], ["running", "Running"], ["completed", "Completed"], ["cancelled", "Cancelled"],
  ]) },
  ...createdFields(),
];

export async function show(root, { query, signal }) {
  const host = h("div", {});
  const place = h("div.new-batch", {});
  const open = h("button.primary", { type: "button", "aria-expanded": "false", onclick: () => toggle() }, "New batch");
  const batches = list(host, {
    label: "Batches", noun: "batch", nouns: "batches", path: "v1/batches",
    columns: columns((batch) => cancel(batches, batch)), none: () => none(() => toggle(true)), signal,
  });
  const title = heading("Batches");
  append(root, [
    h("div.row.spread.view-head", {},
      h("div", {}, title, h("p.lede", {}, "Many functions in one request, up to ten thousand. Results come as they are ready.")),
      open),
    place,
    filters({
      signal,
      label: "Filter batches", view: "/batches", query, fields: FIELDS(),
      apply: (next) => batches.show(asked(next)).catch((error) => batches.say(errorNotice(error))),
    }),
    host,
  ]);

  /** Show or hide the form; the address says which. */
  function toggle(wanted = !place.firstChild) {
    history.replaceState(null, "", addressWith("/batches", { new: wanted ? "true" : "" }));
    put(wanted);
    if (wanted) place.querySelector("h2").focus();
  }

  function put(wanted) {
    if (wanted !== Boolean(place.firstChild)) fill(place, wanted && upload(signal));
    open.setAttribute("aria-expanded", String(wanted));
    open.textContent = wanted ? "Close" : "New batch";
    open.classList.toggle("primary", !wanted);
  }

  put(query.get("new") === "true");
  await batches.show(asked(query));
}

const asked = (query) => ({ ...wantedBy(query), status: query.get("status") });

const columns = (onCancel) => [
  { name: "Batch", cell: (batch) => nameLink("batches", batch) },
  { name: "Status", cell: (batch) => statusMark(batch.status) },
  { name: "Functions", kind: "counts", cell: functionsCell },
  { name: "Created", kind: "time", cell: created },
  { name: "Actions", kind: "actions", cell: cancelCell(onCancel) },
];

function functionsCell({ counts: { total, ...counts }, refusals }) {
  return [
    countsBar(counts, total),
    h("span.below", {}, countsWords(counts, total)),
    refusals.length > 0 && h("span.below.wrong", {}, `Refused: ${placesOf(refusals, counts.refused)}`),
  ];
}

/** Where the first refused functions stand: "line 3, line 7 and 2 more". */
function placesOf(refusals, refused) {
  const named = refusals.slice(0, 5).map(({ line, custom_id: id, index }) => {
    const place = line === null ? `function ${index + 1}` : `line ${line}`;
    return id === null ? place : `${id} (${place})`;
  });
  const rest = refused - named.length;
  return `${named.join(", ")}${rest > 0 ? ` and ${count(rest)} more` : ""}`;
}

async function cancel(batches, batch) {
  try {
    const ended = await batchCancelled(batch);
    if (!ended) return;
    batches.replace(batch.id, ended);
    batches.say(h("p.muted", {}, `${nameOf(batch)} is cancelled.`));
  } catch (error) {
    batches.say(errorNotice(error));
  }
}

const none = (start) => empty(
  h("p", {}, h("strong", {}, "No batches yet")),
  h("p", {}, "Send a table with a column for each function, or a file with a function a line."),
  h("button", { type: "button", onclick: start }, "Send the first"));
