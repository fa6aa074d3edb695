/** A model is deleted, if that is really wanted. */

import { ask } from "../api.js";
import { confirmed } from "./dialogs.js";
import { nameOf } from "./names.js";

/**
 * Ask whether a model is to go, and delete it.
 *
 * @param {object} model
 * @returns {Promise<boolean>} whether it is gone.
 */
export async function deleted(model) {
  const sure = await confirmed(
    `Delete ${nameOf(model)}?`,
    "The network, its certificate and every download of it are gone for good, and its address with them. The job stays; asked again, it is fitted again.",
    "Delete the model");
  if (sure) await ask(`v1/models/${model.id}`, { method: "DELETE" });
  return sure;
}
