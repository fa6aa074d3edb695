/** What is asked of a network, by the API's names: the fields that every form of it has, with their words. */

import { h } from "../dom.js";
import { metricName } from "../words.js";
import { choice, field, numberInput } from "./fields.js";

/** What the service takes for a field that is left out. */
export const USUAL = {
  metric: "max_abs", tolerance: "", relative_to: "absolute", floor: "", between_samples: "smooth",
  architecture: "auto", minimise: "parameters", max_parameters: "", max_segments: "",
  effort: "standard", dtype: "auto", time_limit: "", seed: "0", name: "",
};
export const NUMBERS = ["tolerance", "floor", "time_limit"];
export const WHOLE = ["max_parameters", "max_segments", "seed"];

export const EFFORTS = ["quick", "standard", "thorough"].map((effort) => [effort, effort]);
const METRICS = ["max_abs", "max_rel", "rmse", "mse"].map((metric) => [metric, metricName(metric)]);
const UNITS = [["range", "of the range"], ["absolute", "in units of y"]];
const FEWEST = ["parameters", "segments", "neurons"].map((what) => [what, what]);

/**
 * Fields for how accurate and how large a network is to be.
 *
 * @param {Record<string, string>} values what they are at first.
 * @returns {Record<string, object>} of `field`, by their names.
 */
export function goalFields(values) {
  const most = (name, label) =>
    field(name, label, numberInput(values[name], { placeholder: "no limit", inputmode: "numeric" }));
  return {
    metric: field("metric", "Metric", choice(METRICS, values.metric)),
    tolerance: field("tolerance", "Tolerance", numberInput(values.tolerance, { placeholder: "as small as possible" })),
    relative_to: field("relative_to", "Unit", choice(UNITS, values.relative_to)),
    floor: field("floor", "Floor", numberInput(values.floor, { placeholder: "none" }),
      "Errors are measured against |y|, or this where |y| is less."),
    max_parameters: most("max_parameters", "parameters"),
    max_segments: most("max_segments", "segments"),
    minimise: field("minimise", "Fewest", choice(FEWEST, values.minimise)),
  };
}

/** Name the unit "range" as the metric has it: a mean square is measured in the range squared. */
export function nameUnit(select, metric) {
  const squared = metric === "mse";
  const words = { range: squared ? "of the range squared" : "of the range", absolute: squared ? "in units of y squared" : "in units of y" };
  for (const option of select.options) option.textContent = words[option.value];
}

/** How large a network may be. */
export const budget = ({ max_parameters: parameters, max_segments: segments }) =>
  h("fieldset.budget", {}, h("legend", {}, "At most"), h("div.fields", {}, parameters.element, segments.element));
