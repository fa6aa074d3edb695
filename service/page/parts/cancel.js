/** Jobs and batches are cancelled, if that is really wanted. */

import { post } from "../api.js";
import { h } from "../dom.js";
import { hasEnded } from "../streams.js";
import { confirmed } from "./dialogs.js";
import { nameOf } from "./names.js";

/** The button of a row, as long as there is something to cancel. */
export const cancelCell = (onCancel) => (entry) => !hasEnded(entry.status) && h("button.small", {
  type: "button", "aria-label": `Cancel ${nameOf(entry)}`, onclick: () => onCancel(entry),
}, "Cancel");

/**
 * Ask whether a job is to end, and end it.
 *
 * @returns {Promise<object|null>} the job as it is then; null if it is to go on.
 */
export const jobCancelled = (job) => cancelled(
  "jobs", job, nameOf(job), "Its fit ends within seconds, and there will be no model.", "Cancel the job");

/**
 * The same of a batch.
 *
 * @param {object} batch
 * @param {string} [name] what the question calls it.
 */
export const batchCancelled = (batch, name = nameOf(batch)) => cancelled(
  "batches", batch, name, "What waits or is being fitted ends without a model. What has succeeded stays.", "Cancel the batch");

async function cancelled(kind, { id }, name, consequence, action) {
  if (!await confirmed(`Cancel ${name}?`, consequence, action)) return null;
  return post(`v1/${kind}/${id}/cancel`);
}
