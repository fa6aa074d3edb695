/** The certificate in words that can be quoted, and in figures. */

import { h } from "../../dom.js";
import { copyButton } from "../../parts/code.js";
import { facts } from "../../parts/facts.js";
import { limitOf } from "../../targets.js";
import { count, exact, figure, upTo } from "../../words.js";

export function certificate(model) {
  const words = certificateWords(model);
  const { met } = model;
  return h("section.card", { "aria-labelledby": "certificate" },
    h("h2", { id: "certificate" }, "Certificate"),
    h(`div.notice.${met ? "good" : "warn"}`, {},
      h("p", {}, h("strong", {}, verdict(model)))),
    h("blockquote.words", {}, words.map((each) => h("p", {}, each))),
    copyButton(() => `${words.join(" ")} (Model ${model.id}.)`, "the certificate", "Copy these words"),
    h("details", {},
      h("summary", {}, "All figures"),
      facts(figures(model.certificate))),
    h("h3.below", {}, "Why this network"),
    h("p.explanation", {}, model.explanation));
}

function verdict({ met, target }) {
  if (target.tolerance === null) return met ? "The budget is met." : "The budget is not met.";
  return met ? "The target is met." : "The target is not met.";
}

/**
 * What is certified, a sentence each. Bounds are rounded up.
 *
 * @param {object} model
 * @returns {string[]}
 */
function certificateWords(model) {
  const { certificate: found, target, architecture } = model;
  return [
    atSamples(model),
    `Between the samples it is nowhere further than ${upTo(found.max_abs_error_between_samples, promised(model))} from the straight lines that join them${promise(model)}.`,
    `At the samples the network is computed as delivered, in ${architecture.dtype}; between them it is the exact function of its weights, from which its breakpoint table differs by at most ${upTo(found.table_deviation)} anywhere.`,
  ].filter(Boolean);

  function promise({ met }) {
    const excess = found.excess_between_samples;
    if (excess === null || target.tolerance === null) return "";
    if (["rmse", "mse"].includes(target.metric)) {
      const beyond = target.between_samples === "smooth" ? "what a smooth curve through them leaves of that has" : "that distance has";
      return `; ${beyond} a root mean square of ${upTo(found.promised_error_between_samples)}${excess > 0 ? `, ${upTo(excess)} more than was asked for` : ""}`;
    }
    if (excess > 0) return `, which is ${upTo(excess)} more than was asked for`;
    return met && target.between_samples === "smooth" ? ", and no further than the target and a smooth curve through them allow" : "";
  }
}

/** With "linear" the same limit holds everywhere. */
function promised({ target, samples }) {
  return target.metric === "max_abs" && target.between_samples === "linear" ? limitOf(target, samples.y_max - samples.y_min) : null;
}

function atSamples({ samples, target, certificate: found }) {
  const limit = limitOf(target, samples.y_max - samples.y_min);
  const all = samples.count === 1 ? "the sample" : `each of the ${count(samples.count)} samples`;
  const over = `Over the ${count(samples.count)} samples`;
  const allowed = limit === null ? "" : ` (allowed: ${figure(limit, 6)})`;
  if (target.tolerance === "per_sample") {
    const share = found.max_tolerance_share;
    return share <= 1
      ? `At ${all} the network is within that sample's own tolerance; the largest error takes ${percent(share, 1)} of it.`
      : `At the samples the error reaches ${percent(share, null)} of a sample's own tolerance.`;
  }
  switch (target.metric) {
    case "max_rel": {
      const of = target.floor ? `max(|y|, ${figure(target.floor)})` : "the measured value";
      return `At ${all} the network is within ${percent(found.max_rel_error, limit)} of ${of}${limit === null ? "" : ` (allowed: ${figure(limit * 100, 6)} %)`}.`;
    }
    case "rmse":
      return `${over} the root mean square error is ${upTo(found.rmse, limit)}${allowed}; the largest error is ${upTo(found.max_abs_error)}.`;
    case "mse":
      return `${over} the mean square error is ${upTo(found.rmse ** 2, limit)}${allowed}; the largest error is ${upTo(found.max_abs_error)}.`;
    default:
      return `At ${all} the network is within ${upTo(found.max_abs_error, limit)} of the measured value${allowed}.`;
  }
}

const percent = (share, limit) => `${upTo(share * 100, limit === null ? null : limit * 100)} %`;

const figures = (found) => [
  ["Largest error", exact(found.max_abs_error)],
  ["Root mean square error", exact(found.rmse)],
  ["Largest relative error", found.max_rel_error !== null && exact(found.max_rel_error)],
  ["Largest share of a tolerance", found.max_tolerance_share !== null && exact(found.max_tolerance_share)],
  ["At most, in any order of summation", found.error_in_any_order !== null && exact(found.error_in_any_order)],
  ["Largest between samples", exact(found.max_abs_error_between_samples)],
  ["Of that, promised", found.promised_error_between_samples !== null && exact(found.promised_error_between_samples)],
  ["Excess over the promise", found.excess_between_samples !== null && exact(found.excess_between_samples)],
  ["Table and network differ by", exact(found.table_deviation)],
];
