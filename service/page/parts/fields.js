/** Fields of a form: label, control, hint, and a place for what is wrong. */

import { fill, h } from "../dom.js";

/**
 * A control with what belongs to it.
 *
 * @param {string} name of the field in the API.
 * @param {string} label
 * @param {HTMLElement} control an input or select; it gets an id and a name.
 * @param {string|Node|null} [hint]
 * @returns {{element: HTMLElement, control: HTMLElement, say: (words: string|null) => void}}
 */
export function field(name, label, control, hint = null) {
  const id = `field-${name}`;
  const wrong = h("p.wrong", { id: `${id}-wrong` });
  const about = hint && h("p.hint", { id: `${id}-hint` }, hint);
  const described = about ? `${about.id} ${wrong.id}` : wrong.id;
  control.id = id;
  control.setAttribute("name", name);
  control.setAttribute("aria-describedby", described);
  return {
    element: h("div.field", {}, h("label", { for: id }, label), control, about, wrong),
    control,
    say(words) {
      fill(wrong, words);
      if (words) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

/** A number, as people type it: 1e-3 too. */
export const numberInput = (value, properties = {}) =>
  h("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", value, ...properties });

/** A choice of one, [value, words] each. */
export function choice(options, value) {
  return h("select", {},
    options.map(([name, words]) => h("option", { value: name, selected: name === value }, words)));
}
