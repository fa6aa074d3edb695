/** The same question once more. */

import { get, post } from "../../api.js";

/**
 * Submit what a job asked as a new job.
 *
 * @param {object} job
 * @returns {Promise<object>} the new job.
 */
export async function askedAgain({ id, target, options, name, metadata }) {
  const { tolerance, ...samples } = await get(`v1/jobs/${id}/samples`);
  return post("v1/jobs", {
    samples, target: { ...target, tolerance: tolerance ?? target.tolerance }, options, name, metadata,
  });
}
