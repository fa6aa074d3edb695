/**
 * What is asked of the network: fields of target and options by the API's names, as they are typed.
 *
 * @typedef {Record<string, string>} Goal an empty field is left to the service
 */

import { NUMBERS, USUAL, WHOLE } from "../../parts/goal_fields.js";
import { rangeOf, unitOf } from "../../targets.js";
import { stepOf } from "./steps.js";

/** What is asked of a curve before anybody has chosen. */
export function firstGoal(curve) {
  const flat = rangeOf(curve.samples) === 0;
  const own = { ...USUAL, tolerance: "0.001", relative_to: flat ? "absolute" : "range" };
  return goalFor(curve, { ...own, name: stem(curve.name) });
}

/** What was asked of a job or a model. */
export function goalOf({ name, target, options = {} }) {
  const said = { name, ...target, ...options };
  if (said.tolerance === "per_sample") said.tolerance = null;
  return Object.fromEntries(Object.entries(USUAL)
    .map(([field, usual]) => [field, String((field in said ? said[field] : usual) ?? "")]));
}

/** The same goal for a curve, which may have columns that go with some metrics only. */
export function goalFor({ samples }, goal, before = null) {
  const own = { ...goal };
  const means = isMean(goal.metric);
  if (samples.weight && !means) own.metric = "rmse";
  if (samples.tolerance && means) own.metric = "max_abs";
  // A column is in the unit of y, unless somebody says otherwise.
  if (samples.tolerance && !before?.samples.tolerance) own.relative_to = "absolute";
  if (!samples.tolerance && before?.samples.tolerance) own.relative_to = "range";
  return own;
}

/** What a curve is called after its file. */
export const stem = (file) => file.replace(/\.[^.]*$/, "");

/** Whether errors are averaged, rather than each of them bound. */
export const isMean = (metric) => metric === "rmse" || metric === "mse";

/**
 * The question as parameters of the address, in the API's names; what is usual is left out.
 *
 * @param {Goal} goal
 * @param {object} samples
 */
export function asked(goal, samples) {
  const said = { ...goal };
  if (samples.tolerance) said.tolerance = "";
  if (goal.metric === "max_rel" || !(said.tolerance || samples.tolerance)) said.relative_to = USUAL.relative_to;
  if (goal.metric !== "max_rel") said.floor = "";
  return Object.fromEntries(Object.entries(said)
    .map(([field, value]) => [field, value.trim()])
    .filter(([field, value]) => value && value !== USUAL[field]));
}

/** What is wrong with fields, in words, before anything is sent: {field: words}. */
export function wrongIn(goal, samples) {
  const said = asked(goal, samples);
  const wrong = {};
  for (const field of [...NUMBERS, ...WHOLE]) {
    if (!(field in said)) continue;
    const words = numberWrong(said[field], field);
    if (words) wrong[field] = words;
  }
  if (!said.tolerance && !samples.tolerance && !said.max_parameters && !said.max_segments) {
    wrong.tolerance ??= "is missing: give a tolerance, or a budget (max_parameters, max_segments)";
  }
  return wrong;
}

function numberWrong(text, field) {
  const value = Number(text);
  if (!Number.isFinite(value)) return `'${text}' is not a number; write it as 0.001 or 1e-3`;
  if (WHOLE.includes(field) && !/^\+?\d+$/.test(text)) return "must be a whole number";
  if (field === "tolerance" && !(value >= 0)) return "must be at least 0";
  if (field !== "tolerance" && NUMBERS.includes(field) && !(value > 0)) return "must be greater than 0";
  return null;
}

/** The target as the service would have it; a tolerance that is none yet is null. */
export function targetOf(goal, samples) {
  const { metric, tolerance, relative_to: unit, floor } = { ...USUAL, ...asked(goal, samples) };
  return {
    metric, relative_to: unit, floor: Number(floor) || null,
    tolerance: samples.tolerance ? "per_sample" : tolerance !== "" && Number(tolerance) >= 0 ? Number(tolerance) : null,
  };
}

/** First and last step of the slider: from a ten-millionth of what there is to a third of it. */
export function slide({ metric, relative_to: unit }, samples) {
  const [low, high] = metric === "mse" ? [-140, -10] : [-70, -5];
  if (metric === "max_rel" || unit === "range") return [low, high];
  const most = unitOf({ metric, relative_to: "range" }, rangeOf(samples));
  const whole = most > 0 ? stepOf(most) : 0;
  return [low + whole, high + whole];
}

/** The goal with another metric or unit, and a tolerance that means the same as before if there is one. */
export function turned(goal, samples, field, value) {
  const next = { ...goal, [field]: value };
  const tolerance = Number(goal.tolerance);
  if (value === "max_rel" || goal.metric === "max_rel") {
    return { ...next, relative_to: "range", tolerance: goal.tolerance && "0.001" };
  }
  if (!(tolerance > 0)) return next;
  const power = (metric) => (metric === "mse" ? 2 : 1);
  const range = rangeOf(samples);
  const error = (tolerance * unitOf(goal, range)) ** (power(next.metric) / power(goal.metric));
  const same = error / unitOf(next, range);
  return Number.isFinite(same) && same > 0 ? { ...next, tolerance: String(Number(same.toPrecision(4))) } : next;
}
