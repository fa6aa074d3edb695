/** Models: the fitted networks, each with its picture. */

import { append, h } from "../dom.js";
import { deleted } from "../parts/delete_model.js";
import { anyOf, filters } from "../parts/filters.js";
import { list } from "../parts/list.js";
import { created, nameLink, nameOf } from "../parts/names.js";
import { empty, errorNotice, heading, statusMark } from "../parts/notices.js";
import { reachedWords } from "../parts/reached.js";
import { lazyPlots } from "../parts/small_plot.js";
import { createdFields, labelFields, wantedBy } from "../parts/wanted.js";
import { count, targetWords } from "../words.js";

const FIELDS = () => [
  ...labelFields(),
  { name: "met", label: "Target", control: anyOf([["", "Any"], ["true", "Met"], ["false", "Not met"]]) },
  ...createdFields(),
];

export async function show(root, { query, signal }) {
  const host = h("div", {});
  const picture = lazyPlots(signal);
  const models = list(host, {
    label: "Models", noun: "model", nouns: "models", path: "v1/models",
    columns: columns(picture, (model) => remove(models, model)), none, signal,
  });
  append(root, [
    h("div.row.spread.view-head", {},
      h("div", {}, heading("Models"),
        h("p.lede", {}, "Fitted networks with their certificates, newest first. Name and labels are those of the job that was first to ask.")),
      h("a.button", { href: "#/" }, "New fit")),
    filters({
      signal,
      label: "Filter models", view: "/models", query, fields: FIELDS(),
      apply: (next) => models.show(asked(next)).catch((error) => models.say(errorNotice(error))),
    }),
    host,
  ]);
  await models.show(asked(query));
}

const asked = (query) => ({ ...wantedBy(query), met: query.get("met") });

const columns = (picture, onDelete) => [
  { name: "Model", cell: (model) => h("span.pictured", {},
    picture(model.id), h("span", {}, nameLink("models", model))) },
  { name: "Target", cell: (model) => [statusMark("succeeded", model.met), h("span.below", {}, targetWords(model.target)),
    h("span.below.muted", {}, `reached ${reachedWords(model.target, model.samples, reached(model))}`)] },
  { name: "Segments", kind: "number", cell: (model) => count(model.segments) },
  { name: "Parameters", kind: "number", cell: (model) => count(model.architecture.parameters) },
  { name: "Labels", kind: "labels", cell: (model) =>
    Object.entries(model.metadata).map(([key, value]) => h("code", {}, `${key}:${value}`)) },
  { name: "Created", kind: "time", cell: created },
  { name: "Actions", kind: "actions", cell: (model) => h("button.small.quiet", {
    type: "button", "aria-label": `Delete ${nameOf(model)}`, onclick: () => onDelete(model),
  }, "Delete") },
];

/** The error in the metric of the target, as the certificate has it. */
function reached({ certificate, target }) {
  if (certificate.max_tolerance_share !== null) return certificate.max_tolerance_share;
  return {
    max_abs: certificate.max_abs_error, max_rel: certificate.max_rel_error,
    rmse: certificate.rmse, mse: certificate.rmse ** 2,
  }[target.metric];
}

async function remove(models, model) {
  try {
    if (!await deleted(model)) return;
    models.replace(model.id, null);
    models.say(h("p.muted", {}, `${nameOf(model)} is deleted.`));
    document.querySelector("main h1").focus();
  } catch (error) {
    models.say(errorNotice(error));
  }
}

const none = () => empty(
  h("p", {}, h("strong", {}, "No models yet")),
  h("p", {}, "A model is a network that was fitted to a curve, with a certificate of its error."),
  h("a.button", { href: "#/" }, "Fit a curve"));
