/** The question is sent: the curve's bytes, and the goal in the address. Twice is once. */

import { Offline, Problem, ask, idempotencyKey } from "../../api.js";
import { h } from "../../dom.js";
import { errorNotice } from "../../parts/notices.js";
import { questionPath } from "./calls.js";

let last = { path: null, body: null, key: null };

/**
 * Ask for a network. The same question is sent with the same key until it has been answered, so that a
 * connection that broke off makes no second job.
 *
 * @returns {Promise<object>} the job.
 */
export async function send(curve, goal, signal) {
  const path = questionPath(goal, curve.samples);
  if (last.path !== path || last.body !== curve.body) last = { path, body: curve.body, key: idempotencyKey() };
  const headers = { "Content-Type": curve.type, "Idempotency-Key": last.key };
  const response = await ask(path, { method: "POST", body: curve.body, headers, signal });
  last = { path: null, body: null, key: null };
  return response.json();
}

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
