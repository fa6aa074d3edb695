/** A question that was asked before: its samples and its goal, to be changed. */

import { ask, get, withQuery } from "../../api.js";
import { brief, fileName } from "../../words.js";
import { goalOf } from "./goal.js";
import { curveOf } from "./reading.js";

/**
 * The curve of a job or a model, not read yet, and what was asked of it.
 *
 * @param {"jobs"|"models"} kind
 * @param {string} id
 * @param {AbortSignal} signal
 */
export async function askedBefore(kind, id, signal) {
  const path = `v1/${kind}/${encodeURIComponent(id)}`;
  const [asked, samples] = await Promise.all([
    get(path, { signal }), ask(withQuery(`${path}/samples`, { format: "csv" }), { signal }),
  ]);
  const title = asked.name ?? brief(id);
  const curve = await curveOf(`${fileName(title)}.csv`, await samples.blob(), { origin: "kept", title });
  return { curve, goal: goalOf(asked) };
}
