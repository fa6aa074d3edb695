/** What is asked of every curve of a table, and of the batch itself. */

import { h } from "../../dom.js";
import { choice, field, numberInput } from "../../parts/fields.js";

const METRICS = [
  ["max_abs", "largest error"], ["rmse", "root mean square error"],
  ["mse", "mean square error"], ["max_rel", "largest relative error"],
];
const UNITS = [["range", "of the range"], ["absolute", "in units of y"]];
const EFFORTS = [["quick", "quick"], ["standard", "standard"], ["thorough", "thorough"]];
const SMALLEST = [["parameters", "parameters"], ["segments", "segments"], ["neurons", "neurons"]];
/** What the service takes anyway is not said. */
const USUAL = { metric: "max_abs", effort: "standard", minimise: "parameters", relative_to: "absolute" };

/** Target and options of a table; `values()` as the API names them, without what is usual. */
export function tableSettings() {
  const fields = [
    field("tolerance", "Tolerance", numberInput("0.001")),
    field("relative_to", "Unit", choice(UNITS, "range")),
    field("metric", "Metric", choice(METRICS, "max_abs")),
    field("floor", "Floor", numberInput(""), "Errors relative to max(|y|, floor)"),
    field("effort", "Effort", choice(EFFORTS, "standard")),
    field("minimise", "Fewest", choice(SMALLEST, "parameters")),
    field("max_segments", "Most segments", numberInput("")),
    field("max_parameters", "Most parameters", numberInput("")),
  ];
  const [, unit, metric, floor] = fields;
  const element = h("fieldset", { onchange: follow },
    h("legend", {}, "For every curve of the table"), h("div.fields", {}, fields.map((each) => each.element)));

  /** A relative error has no unit, and it alone has a floor. */
  function follow() {
    const relative = metric.control.value === "max_rel";
    unit.control.disabled = relative;
    floor.element.hidden = !relative;
  }
  follow();
  return {
    element,
    fields,
    values: () => Object.fromEntries(fields
      .filter(({ control, element: place }) => !control.disabled && !place.hidden)
      .map(({ control }) => [control.name, control.value.trim()])
      .filter(([name, value]) => value && value !== USUAL[name])),
  };
}

/** Name of the batch, and whether one wrong question sinks it. */
export function batchSettings() {
  const name = field("name", "Name of the batch, if it is to have one", h("input", { type: "text", autocomplete: "off" }));
  const strict = h("input", { type: "checkbox", id: "all-or-nothing" });
  return {
    element: h("div", {}, name.element,
      h("p.check", {}, strict, h("label", { for: "all-or-nothing" }, "All or nothing: refuse the whole file if one curve is wrong"))),
    fields: [name],
    values: () => ({
      ...(name.control.value.trim() && { name: name.control.value.trim() }),
      ...(strict.checked && { all_or_nothing: "true" }),
    }),
  };
}
