/** Files of the service, saved under their names: a link could not send the key. */

import { ask } from "../api.js";
import { h } from "../dom.js";
import { errorNotice } from "./notices.js";

/**
 * Fetch a file and have the browser save it.
 *
 * @param {string} path of the API.
 * @param {string} name what to call it.
 */
export async function save(path, name) {
  const response = await ask(path);
  const url = URL.createObjectURL(await response.blob());
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * A button that does so, says when it takes long, and what went wrong.
 *
 * @param {string} text of the button.
 * @param {() => [string, string]} file path and name, asked when it is pressed.
 * @param {string} look classes of the button.
 */
export function saveButton(text, file, look = "primary") {
  const said = h("div", {});
  const button = h(`button.${look}`, {
    type: "button",
    onclick: async () => {
      const focused = document.activeElement === button;
      button.disabled = true;
      button.classList.add("busy");
      said.replaceChildren();
      try {
        await save(...file());
      } catch (error) {
        said.append(errorNotice(error));
      }
      button.disabled = false;
      button.classList.remove("busy");
      // It was lost while the button could not be pressed.
      if (focused && document.activeElement === document.body) button.focus();
    },
  }, text);
  return h("div", {}, button, said);
}
