/** Filters of a list. They are in the address, so that links and Back work. */

import { append, h } from "../dom.js";

/** So long after the last key what is typed is looked for. */
const TYPED_MS = 300;

/**
 * A form of filters.
 *
 * @param {object} options
 * @param {string} options.label what they filter.
 * @param {string} options.view the address without them, as in "/models".
 * @param {URLSearchParams} options.query what they are at first.
 * @param {Array<{name: string, label: string, control: HTMLElement, hint?: string}>} options.fields
 * @param {(query: URLSearchParams) => void} options.apply told of every change.
 * @param {AbortSignal} options.signal
 */
export function filters({ label, view, query, fields, apply, signal }) {
  let typing = 0;
  let last = null;
  const clear = h("button.quiet.clear", { type: "button", onclick: () => {
    for (const { control } of fields) control.value = "";
    changed();
    fields[0].control.focus();
  } }, "Clear");
  const form = h("form.filters", {
    role: "search", "aria-label": label,
    onsubmit: (event) => {
      event.preventDefault();
      changed(document.activeElement);
    },
    onchange: (event) => changed(event.target),
    oninput: ({ target }) => {
      clearTimeout(typing);
      if (target.type === "search") typing = setTimeout(changed, TYPED_MS, target);
    },
    onfocusin: () => { last = null; },
  });
  append(form, fields.map(({ name, label: words, control, hint }) => {
    control.id = `filter-${name}`;
    control.value = query.getAll(name).join(", ");
    if (hint) control.setAttribute("aria-describedby", `filter-${name}-hint`);
    return h("div.field", {}, h("label", { for: control.id }, words), control,
      hint && h("p.hint", { id: `filter-${name}-hint` }, hint));
  }));
  form.append(clear);
  clear.hidden = !fields.some(({ name }) => query.get(name));

  /** Say what is wanted now; the control that was changed is null if it was all of them. */
  function changed(control = null) {
    clearTimeout(typing);
    // A field that goes away with its view says once more that it was changed.
    if (signal.aborted) return;
    const given = fields.map((field) => [field.name, field.control.value.trim()]);
    const address = addressWith(view, Object.fromEntries(given));
    if (address === (location.hash || "#/")) return;
    // What is typed bit by bit is one step of Back.
    if (control !== null && control === last) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    last = control;
    clear.hidden = !given.some(([, value]) => value);
    apply(new URLSearchParams(address.split("?")[1] ?? ""));
  }
  return form;
}

/**
 * The address of a view as it is with some parameters changed; an empty one is left out.
 *
 * @param {string} view as in "/models".
 * @param {Record<string, string>} changes
 */
export function addressWith(view, changes) {
  const query = new URLSearchParams(location.hash.split("?")[1]);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    if (value) query.set(name, value);
  }
  return String(query) ? `#${view}?${query}` : `#${view}`;
}

/** A choice for a filter: [value, words] each, "" for any. */
export const anyOf = (choices) =>
  h("select", {}, choices.map(([value, words]) => h("option", { value }, words)));

/** A field to type what is looked for. */
export const searchInput = (properties = {}) =>
  h("input", { type: "search", autocomplete: "off", spellcheck: "false", ...properties });
