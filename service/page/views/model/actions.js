/** What can be done with a model as a whole. */

import { address, ask } from "../../api.js";
import { h } from "../../dom.js";
import { copyButton } from "../../parts/code.js";
import { confirmed } from "../../parts/dialogs.js";
import { errorNotice } from "../../parts/notices.js";

/**
 * @param {object} model
 * @param {HTMLElement} files where its downloads are.
 * @param {object|null} job whose answer it is shown as.
 */
export function actions({ id }, files, job) {
  const said = h("div", {});
  const remove = h("button.small.danger", { type: "button" }, "Delete");
  remove.addEventListener("click", async () => {
    said.replaceChildren();
    const sure = await confirmed("Delete this model?",
      "The network, its table and its samples are gone for good, and this address with them. The same question can be asked again.",
      "Delete it");
    if (!sure) return;
    try {
      await ask(`v1/models/${id}`, { method: "DELETE" });
      location.replace("#/models");
    } catch (error) {
      said.append(errorNotice(error));
    }
  });
  return h("div", {},
    h("div.row", {},
      h("button.small.primary", { type: "button", onclick: () => led(files) }, "Download"),
      h("a.button.small", { href: job ? `#/?job=${job.id}` : `#/?model=${id}` }, "Try another tolerance"),
      copyButton(() => address(`#/models/${id}`), "the address of this model", "Copy link"),
      remove),
    said);
}

/** Bring the reader to a part of the page; an address with # would be another view. */
function led(part) {
  part.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  part.querySelector("h2").focus({ preventScroll: true });
}
