/** Questions that stop everything else until they are answered. */

import { h } from "../dom.js";

/**
 * Ask whether something is to be done that cannot be undone.
 *
 * @param {string} title the question.
 * @param {string} consequence what happens then.
 * @param {string} action what the button that does it says.
 * @returns {Promise<boolean>}
 */
export function confirmed(title, consequence, action) {
  const dialog = h(
    "dialog", { "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
    h("h2", { id: "confirm-title" }, title),
    h("p", { id: "confirm-text" }, consequence),
    h("form.row", { method: "dialog" },
      h("button", { value: "no", autofocus: true }, "Keep it"),
      h("button.danger", { value: "yes" }, action)),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes");
    });
  });
}
