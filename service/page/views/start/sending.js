/** The question is sent: the curve's bytes, and the goal in the address. Twice is once. */

import { Offline, Problem, sender } from "../../api.js";
import { h } from "../../dom.js";
import { errorNotice } from "../../parts/notices.js";
import { questionPath } from "./calls.js";

// It outlives the view: who comes back and asks the same again has the same job.
const sending = sender();

/**
 * Ask for a network.
 *
 * @returns {Promise<object>} the job.
 */
export const send = (curve, goal, signal) =>
  sending(questionPath(goal, curve.samples), curve.body, curve.type, signal);

/** What the service says of fields of the form: {field: words}. */
export function refusals(error, { samples }) {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(error.errors.map(({ field, detail }) => {
    const name = field.split(".").at(-1);
    // Columns of the file are no fields: it is the metric that they do not go with.
    return samples[name] ? ["metric", `${name} ${detail}`] : [name, detail];
  }));
}

/** What went wrong, and what to do about it. */
export function refusal(error) {
  const todo = remedy(error);
  if (!(error instanceof Problem) || error.errors.length || !todo) {
    const notice = errorNotice(error);
    if (todo) notice.append(todo);
    return notice;
  }
  return h("div.notice.warn", { role: "alert" },
    h("p", {}, h("strong", {}, error.title)), h("p", {}, error.message), todo);
}

function remedy(error) {
  if (error instanceof Offline) {
    return h("p", {}, "What you chose is kept. Press Fit again when the service is back: no job is made twice.");
  }
  if (error.status === 429) {
    const wait = error.retryAfterS ? `in ${error.retryAfterS} s` : "in a while";
    return h("p", {}, `Press Fit again ${wait}; what you chose is kept. `,
      h("a", { href: "#/jobs" }, "Look at the jobs that wait"), ".");
  }
  if (error.status === 507) {
    return h("p", {}, "Make room first: ", h("a", { href: "#/models" }, "delete models"),
      " that nobody needs, or tell who runs this service.");
  }
  if (error.status === 409 || error.status >= 500) {
    return h("p", {}, "Press Fit again in a while: no job is made twice.");
  }
  return null;
}
