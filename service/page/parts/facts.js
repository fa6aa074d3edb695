/** Figures and words side by side: what something is, and how much. */

import { h } from "../dom.js";
import { count, counted, figure, fromTo, targetWords } from "../words.js";

/**
 * A list of facts; those without a value are left out.
 *
 * @param {Array<[string, Node|string|null|false|undefined]>} pairs
 */
export const facts = (pairs) => h("dl.facts", {}, rows(pairs));

/** The same, in as many columns as there is room for. */
export const wideFacts = (pairs) => h("dl.facts.wide", {}, rows(pairs).map((each) => h("div", {}, each)));

const rows = (pairs) => pairs
  .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "")
  .map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]);

const BETWEEN = {
  none: "nothing is promised",
  smooth: "as the target, plus what a smooth curve through them leaves open",
  linear: "as the target, from the straight lines between them",
};

/** The samples of a job or model, in a line. */
const samplesWords = ({ count: size, x_min: from, x_max: to, weighted }) =>
  `${counted(size, "sample")}, x ${fromTo(from, to, 6)}${weighted ? ", weighted" : ""}`;

/** What was asked, as facts. */
export function questionFacts({ samples, target, options }) {
  return [
    ["Samples", samplesWords(samples)],
    ["Target", targetWords(target)],
    ["Floor", target.floor !== null && target.floor !== undefined && figure(target.floor)],
    ["Between samples", BETWEEN[target.between_samples]],
    ...(options ? optionFacts(options) : []),
  ];
}

function optionFacts(options) {
  const limit = options.time_limit;
  return [
    ["Architecture", options.architecture],
    ["Fewest", options.minimise],
    ["At most", [
      options.max_parameters && `${count(options.max_parameters)} parameters`,
      options.max_segments && `${count(options.max_segments)} segments`,
    ].filter(Boolean).join(", ")],
    ["Effort", options.effort],
    ["Time limit", limit ? `${figure(limit)} s` : "none"],
    ["Number format", options.dtype],
  ];
}
