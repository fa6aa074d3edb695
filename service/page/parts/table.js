/** A table of entries that change: only rows that have changed are made anew. */

import { arrange, h } from "../dom.js";

/**
 * An empty table.
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {(entry: object) => any} cell what is in it.
 * @property {string} [kind] a class: "number", "plot", "actions".
 *
 * @param {string} label what it lists.
 * @param {Column[]} columns the first names the row.
 * @returns {{element: HTMLElement, set: (entries: object[]) => void}}
 */
export function table(label, columns) {
  const body = h("tbody", {});
  const rows = new Map();
  const classed = (name, kind) => (kind ? `${name}.${kind}` : name);
  const element = h("div.scroller.listing", {},
    h("table", {},
      h("caption.visually-hidden", {}, label),
      h("thead", {}, h("tr", {}, columns.map(({ name, kind }) =>
        h(classed("th", kind), { scope: "col" },
          kind === "actions" || kind === "plot" ? h("span.visually-hidden", {}, name) : name)))),
      body));

  function made(entry) {
    return h("tr", {}, columns.map(({ name, cell, kind }, at) =>
      h(classed(at === 0 ? "th" : "td", kind), { scope: at === 0 ? "row" : null, "data-label": name }, cell(entry))));
  }

  function row(entry) {
    const text = JSON.stringify(entry);
    const before = rows.get(entry.id);
    if (before?.text === text) return before.element;
    const next = made(entry);
    if (before) exchanged(before.element, next);
    rows.set(entry.id, { text, element: next });
    return next;
  }

  return {
    element,
    set(entries) {
      arrange(body, entries.map(row));
      const wanted = new Set(entries.map((entry) => entry.id));
      for (const id of rows.keys()) if (!wanted.has(id)) rows.delete(id);
    },
  };
}

/** Put a row in the place of another; who was on a link or button of it stays there. */
function exchanged(before, next) {
  const places = (row) => [...row.querySelectorAll("a, button, summary")];
  const at = places(before).indexOf(document.activeElement);
  before.replaceWith(next);
  if (at >= 0) (places(next)[at] ?? places(next)[0])?.focus();
}
