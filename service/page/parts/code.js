/** Code to be copied, alone or several kinds of it behind tabs. */

import { fill, h } from "../dom.js";

/**
 * A block of code with a button that copies it.
 *
 * @param {string} text
 * @param {string} label what it is, for who does not see it.
 */
export function codeBlock(text, label) {
  const pre = h("pre", { tabindex: "0", role: "region", "aria-label": label }, h("code", {}, text));
  return h("div.code", {}, pre, copyButton(() => text, label));
}

/**
 * A button that copies a text, and says so.
 *
 * @param {() => string} text asked when it is pressed.
 * @param {string} label what is copied, for who does not see it.
 * @param {string} says the button's own word.
 */
export function copyButton(text, label, says = "Copy") {
  const button = h("button.small", { type: "button", "aria-label": `${says}: ${label}` }, says);
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = says; }, 1500);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // Pages that came without encryption from another machine have no clipboard of their own.
  }
  const area = h("textarea", { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

let made = 0;

/**
 * Panels of which one is shown.
 *
 * @param {string} label what they are.
 * @param {Array<[string, () => Node]>} panels names, and what makes each when it is shown.
 * @param {number} chosen which is shown first.
 * @returns {HTMLElement} with `choose(index)`.
 */
export function tabs(label, panels, chosen = 0) {
  const group = `tabs-${(made += 1)}`;
  const panel = h("div", { role: "tabpanel", id: `${group}-panel` });
  const buttons = panels.map(([name], index) =>
    h("button.small", {
      type: "button", role: "tab", id: `${group}-${index}`, "aria-controls": panel.id,
      onclick: () => choose(index),
      onkeydown: (event) => step(event, index),
    }, name));

  function choose(index) {
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === index));
      button.tabIndex = at === index ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", buttons[index].id);
    fill(panel, panels[index][1]());
  }

  function step(event, index) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (index + by + panels.length) % panels.length;
    choose(next);
    buttons[next].focus();
  }

  const element = h("div", {}, h("div", { role: "tablist", "aria-label": label }, buttons), panel);
  element.choose = choose;
  choose(chosen);
  return element;
}
