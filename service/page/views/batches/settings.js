/** What is asked of every function of a table, and of the batch itself. */

import { h } from "../../dom.js";
import { choice, field } from "../../parts/fields.js";
import { EFFORTS, USUAL, budget, goalFields, nameUnit } from "../../parts/goal_fields.js";

/** Target and options of a table; `values()` as the API names them, without what is usual. */
export function tableSettings() {
  const goal = goalFields({ ...USUAL, tolerance: "0.001", relative_to: "range" });
  const { metric, tolerance, relative_to: unit, floor, minimise } = goal;
  const effort = field("effort", "Effort", choice(EFFORTS, USUAL.effort));
  const fields = [...Object.values(goal), effort];
  const element = h("fieldset", { onchange: follow },
    h("legend", {}, "For every function of the table"),
    h("div.fields", {}, [tolerance, unit, metric, floor, effort, minimise].map((each) => each.element)),
    budget(goal));

  /** A relative error has no unit, and it alone has a floor. */
  function follow() {
    const relative = metric.control.value === "max_rel";
    unit.control.disabled = relative;
    nameUnit(unit.control, metric.control.value);
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

/** Name of the batch, and whether one wrong function sinks it. */
export function batchSettings() {
  const name = field("name", "Name of the batch, if it is to have one", h("input", { type: "text", autocomplete: "off" }));
  const strict = h("input", { type: "checkbox", id: "all-or-nothing" });
  return {
    element: h("div", {}, name.element,
      h("p.check", {}, strict, h("label", { for: "all-or-nothing" }, "All or nothing: refuse the whole file if one function is wrong"))),
    fields: [name],
    values: () => ({
      ...(name.control.value.trim() && { name: name.control.value.trim() }),
      ...(strict.checked && { all_or_nothing: "true" }),
    }),
  };
}
