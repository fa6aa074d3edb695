/** What can be done with a model as a whole. */

import { address } from "../../api.js";
import { h } from "../../dom.js";
import { copyButton } from "../../parts/code.js";
import { deleted } from "../../parts/delete_model.js";
import { errorNotice } from "../../parts/notices.js";

/**
 * @param {object} model
 * @param {HTMLElement} files where its downloads are.
 * @param {object|null} job whose answer it is shown as.
 */
export function actions(model, files, job) {
  const said = h("div", {});
  const remove = h("button.small.danger", { type: "button" }, "Delete");
  remove.addEventListener("click", async () => {
    said.replaceChildren();
    try {
      if (await deleted(model)) location.replace("#/models");
    } catch (error) {
      said.append(errorNotice(error));
    }
  });
  return h("div", {},
    h("div.row", {},
      h("button.small.primary", { type: "button", onclick: () => led(files) }, "Download"),
      h("a.button.small", { href: job ? `#/?job=${job.id}` : `#/?model=${model.id}` }, "Try another tolerance"),
      copyButton(() => address(`#/models/${model.id}`), "the address of this model", "Copy link"),
      remove),
    said);
}

/** Bring the reader to a part of the page; an address with # would be another view. */
function led(part) {
  part.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  part.querySelector("h2").focus({ preventScroll: true });
}
