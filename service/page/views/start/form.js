/** The goal as a form: how accurate, how large, how hard to look. */

import { fill, h } from "../../dom.js";
import { choice, field, numberInput } from "../../parts/fields.js";
import { EFFORTS, budget, goalFields, nameUnit } from "../../parts/goal_fields.js";
import { limitOf, rangeOf } from "../../targets.js";
import { figure } from "../../words.js";
import { asked, isMean, slide, targetOf, turned, wrongIn } from "./goal.js";
import { stepOf, valueOf } from "./steps.js";

const BETWEEN = [
  ["smooth", "smooth: near the curve through them"], ["linear", "linear: near the lines that join them"],
  ["none", "none: nothing is promised"],
];
const ARCHITECTURES = [
  ["auto", "auto: the smallest that holds"], ["shallow", "shallow: one hidden layer"],
  ["compelled", "compelled: the paper's network"],
];
const DTYPES = [["auto", "auto: float32 if that holds"], ["float32", "float32"], ["float64", "float64"]];

/**
 * The form of a goal.
 *
 * @param {import("./goal.js").Goal} first
 * @param {import("./reading.js").Curve} curve
 * @param {(goal) => void} onChange told of every change, valid or not.
 * @param {(goal) => void} onSubmit told when it is to be asked and nothing is wrong with it.
 * @returns {{element: HTMLFormElement, say: (wrong: object) => void, lead: (wrong: object) => boolean,
 *   busy: (is: boolean) => void}}
 */
export function goalForm(first, curve, onChange, onSubmit) {
  const { samples } = curve;
  let goal = first;
  const fields = fieldsOf(goal);
  const slider = h("input", { type: "range", step: "1", "aria-label": "Tolerance, logarithmic" });
  const limit = h("p.hint", { id: "limit-said" });
  const more = h("details.more", {},
    h("summary", {}, "More"),
    ["between_samples", "minimise", "architecture", "dtype"].map((name) => fields[name].element),
    h("div.fields", {}, fields.time_limit.element, fields.seed.element));
  const submit = h("button.primary.wide", {}, "Fit");
  const element = h("form.card", { novalidate: true, "aria-label": "Goal", onsubmit: send },
    h("h2", {}, "Goal"),
    fields.metric.element,
    samples.weight && h("p.notice.told", {}, "The file has weights: they say how much each sample counts in a mean."),
    samples.tolerance
      ? h("p.notice.told", {}, "The file has a tolerance for each sample, in its column tolerance.")
      : null,
    h("div.fields", {}, samples.tolerance ? null : fields.tolerance.element, fields.relative_to.element),
    samples.tolerance ? null : slider, limit,
    fields.floor.element,
    budget(fields), effortField(goal), fields.name.element, more, submit);
  element.addEventListener("input", changed);
  if (fields.tolerance) fields.tolerance.control.setAttribute("aria-describedby", "limit-said field-tolerance-wrong");
  refresh();
  return { element, say, lead, busy };

  function changed({ target }) {
    if (target === slider) {
      goal = { ...goal, tolerance: String(valueOf(Number(slider.value))) };
      fields.tolerance.control.value = goal.tolerance;
    } else if (target.name === "metric" || target.name === "relative_to") {
      goal = turned(goal, samples, target.name, target.value);
      fields.tolerance.control.value = goal.tolerance;
      fields.relative_to.control.value = goal.relative_to;
    } else {
      goal = { ...goal, [target.name]: target.value };
    }
    say(wrongIn(goal, samples));
    refresh(target);
    onChange(goal);
  }

  function refresh(by = null) {
    const relative = goal.metric === "max_rel";
    fields.relative_to.element.hidden = relative;
    nameUnit(fields.relative_to.control, goal.metric);
    fields.floor.element.hidden = !relative;
    [slider.min, slider.max] = slide(goal, samples);
    const tolerance = Number(goal.tolerance);
    if (by !== slider && tolerance > 0) slider.value = stepOf(tolerance);
    slider.setAttribute("aria-valuetext", `${goal.tolerance || "none"}`);
    fill(limit, limitWords(goal, samples));
  }

  /** Put what is wrong beside the fields: {field: words}. Those that are not named are right. */
  function say(wrong) {
    for (const [name, one] of Object.entries(fields)) one.say(wrong[name] ?? null);
  }

  function send(event) {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled") === "true") return;
    const wrong = wrongIn(goal, samples);
    say(wrong);
    if (Object.keys(wrong).length) lead(wrong);
    else onSubmit(goal);
  }

  /** To the first field that is wrong; whether there is one to be seen. */
  function lead(wrong) {
    const found = Object.values(fields)
      .find(({ control }) => control.name in wrong && element.contains(control));
    if (!found) return false;
    if (more.contains(found.control)) more.open = true;
    found.control.focus();
    return true;
  }

  function busy(is) {
    // One that is disabled would lose the focus.
    submit.setAttribute("aria-disabled", String(is));
    submit.classList.toggle("busy", is);
    submit.replaceChildren(is ? "Sending …" : "Fit");
  }
}

function fieldsOf(goal) {
  const number = (name, label, properties) => field(name, label, numberInput(goal[name], properties));
  const pick = (name, label, options) => field(name, label, choice(options, goal[name]));
  return {
    ...goalFields(goal),
    name: field("name", "Name", h("input", { type: "text", maxlength: "200", autocomplete: "off", value: goal.name })),
    between_samples: pick("between_samples", "Between the samples", BETWEEN),
    architecture: pick("architecture", "Architecture", ARCHITECTURES),
    dtype: pick("dtype", "Number format", DTYPES),
    time_limit: number("time_limit", "Time limit (s)", { placeholder: "none" }),
    seed: number("seed", "Seed", { inputmode: "numeric" }),
  };
}

function effortField(goal) {
  return h("fieldset.field.segmented", {}, h("legend", {}, "Effort"),
    h("div.choices", {}, EFFORTS.map(([value, words]) => h("label", {},
      h("input", { type: "radio", name: "effort", value, checked: goal.effort === value }), h("span", {}, words)))));
}

/** What the tolerance is in the units of y, in words. */
function limitWords(goal, samples) {
  const { metric } = goal;
  if (samples.tolerance) return isMean(metric) ? "" : "The corridor is as wide as the column says.";
  const limit = limitOf(targetOf(goal, samples), rangeOf(samples));
  if (limit === null) {
    return asked(goal, samples).tolerance ? "" : "Without a tolerance: the best network within the budget.";
  }
  if (metric === "max_rel") return `± ${figure(limit * 100)} % of each value.`;
  const range = metric === "mse" ? "range squared" : "range";
  const share = goal.relative_to === "range" ? ` (${figure(Number(goal.tolerance) * 100)} % of the ${range})` : "";
  if (isMean(metric)) return `At most ${figure(limit)}${share}. A mean bounds no single error: there is no corridor to draw.`;
  return `± ${figure(limit, 3)} at every sample${share}.`;
}
