/** A model: the network, what is certified of it, how it folds, and how to take it along. */

import { Problem, get } from "../api.js";
import { fill, h } from "../dom.js";
import { facts, questionFacts } from "../parts/facts.js";
import { heading, loading } from "../parts/notices.js";
import { brief, bytes, count, counted, figure, metricName, moment, seconds } from "../words.js";
import { actions } from "./model/actions.js";
import { certificate } from "./model/certificate.js";
import { curves } from "./model/curves.js";
import { downloads } from "./model/downloads.js";
import { folding } from "./model/folding.js";
import { sizes } from "./model/sizes.js";
import { valueField } from "./model/value_field.js";

/** `?job=` names a job that the model answers: who comes from there finds it under the job's name. */
export async function show(root, { id, query, signal }) {
  fill(root, loading("the model"));
  const path = `v1/models/${id}`;
  const [model, samples, table, job] = await Promise.all([
    get(path, { signal }), get(`${path}/samples`, { signal }), get(`${path}/breakpoints`, { signal }),
    answered(id, query.get("job"), signal),
  ]);
  const name = job?.name ?? model.name;
  const [plots, folds, files] = [h("div", {}), h("div", {}), downloads({ ...model, name })];
  fill(
    root,
    h("div.row.spread.view-head", {},
      h("div", {},
        heading(name ?? `Model ${brief(id)}`),
        h("p.row.muted", {},
          h(`span.status.${model.met ? "good" : "warn"}`, {}, metWords(model)),
          inShort(model)),
        name !== model.name && h("p.muted", {}, askedBefore(model))),
      actions(model, files, job)),
    h("div.stack", {},
      h("div.columns.aside", {}, plots, h("div.stack", {}, certificate(model), valueField(model))),
      h("div.columns.aside", {},
        h("div.stack", {}, folds, sizes(model)), h("div.stack", {}, asked(model), tried(model))),
      files),
  );
  curves(plots, { model, samples, table }, signal);
  // Of a wide shallow network megabytes, and nothing else waits for it.
  await folding(folds, { model, samples, table }, signal);
}

/** A job that this model answers; null if none is named, or it is gone or another's. */
async function answered(id, jobId, signal) {
  if (!jobId) return null;
  try {
    const job = await get(`v1/jobs/${encodeURIComponent(jobId)}`, { signal });
    return job.model_id === id ? job : null;
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

const askedBefore = ({ name }) => (name === null
  ? "The same question was asked before, without a name." : `The same question was asked before, as '${name}'.`);

function metWords({ met, target }) {
  const what = target.tolerance === null ? "budget" : "target";
  return met ? `${what} met` : `${what} not met`;
}

function inShort({ architecture, segments }) {
  const { name, parameters, dtype } = architecture;
  const size = parameters * (dtype === "float64" ? 8 : 4);
  return `${name} network, ${counted(parameters, "parameter")}, ${counted(segments, "segment")}, ${bytes(size)} as ${dtype}`;
}

function asked(model) {
  const { architecture, timing } = model;
  return h("section.card", { "aria-labelledby": "asked" },
    h("h2", { id: "asked" }, "Question and network"),
    facts([
      ...questionFacts(model),
      ["Layers", architecture.layer_widths.map(count).join(" → ")],
      ["ReLUs", count(architecture.neurons)],
      ["Tent layers", architecture.tents > 0 && tents(architecture)],
      ["Fitted in", seconds(timing.total_s)],
      ["Made", moment(model.created_at)],
      ["Engine", model.engine_version],
      ...Object.entries(model.metadata),
      ["Id", h("code", {}, model.id)],
    ]));
}

/** How many tent layers there are, and the sides of their tents. */
function tents({ tents, sides }) {
  return `${count(tents)}, of ${sides.map(count).join(", ")} sides`;
}

/** Networks that were trained or built; the best of each size are enough to see why. */
function tried({ contenders, target, architecture }) {
  const rows = [...contenders].sort((a, b) => a.parameters - b.parameters);
  if (rows.length < 2) return null;
  const unit = target.tolerance === "per_sample" ? "share of tolerance" : metricName(target.metric);
  const widths = architecture.layer_widths.join();
  return h("details.card", {},
    h("summary", {}, h("h2", {}, `Tried: ${count(rows.length)} networks`)),
    h("div.scroller", { tabindex: "0", role: "region", "aria-label": "Networks that were tried" },
      h("table", {},
        h("thead", {}, h("tr", {},
          h("th", { scope: "col" }, "Network"), h("th.number", { scope: "col" }, "Parameters"),
          h("th.number", { scope: "col" }, unit), h("th", { scope: "col" }, "Met"))),
        h("tbody", {}, rows.map((each) => h("tr", {},
          h("td", {}, each.name, each.layer_widths.join() === widths ? " (this shape)" : ""),
          h("td.number", {}, count(each.parameters)),
          h("td.number", {}, figure(each.error, 3)),
          h("td", {}, each.met ? "yes" : "no")))))));
}
