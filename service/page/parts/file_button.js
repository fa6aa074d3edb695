/** A button that has a file chosen. */

import { h } from "../dom.js";

/**
 * @param {string} label what the file is.
 * @param {string} look the button, with its classes.
 * @param {(file: File) => void} take told of the file.
 * @returns {{button: HTMLElement, element: Node[]}} the button alone, and all that has to be in the page.
 */
export function fileButton(label, look, take) {
  const input = h("input", {
    type: "file", hidden: true, "aria-label": label, tabindex: "-1",
    onchange: () => {
      if (input.files.length) take(input.files[0]);
      input.value = "";
    },
  });
  const button = h(look, { type: "button", onclick: () => input.click() }, "Choose a file");
  return { button, element: [button, input] };
}
