/** The API key: kept for this tab alone, never in an address. */

import { h } from "./dom.js";

const PLACE = "foldline.key";
/** Nothing where the browser is told to keep nothing: the key is then gone with the page. */
const storage = kept();
let held = storage?.getItem(PLACE) ?? null;

export const apiKey = () => held;

let asking = null;

/**
 * Ask for a key; whoever asks meanwhile waits for the same answer.
 *
 * @param {string|null} why what the service said of the request, null if the user wants to.
 * @returns {Promise<boolean>} whether there may be a new key now.
 */
export function askForKey(why = null) {
  asking ??= shown(why).finally(() => { asking = null; });
  return asking;
}

function shown(why) {
  const input = h("input", {
    id: "key-input", type: "password", autocomplete: "off", spellcheck: "false",
    "aria-describedby": why ? "key-why key-hint" : "key-hint", value: apiKey() ?? "",
    // Nothing else can be sent in a header.
    pattern: "\\s*[!-~]*\\s*", title: "A key has letters, digits and signs of ASCII, and no spaces.",
  });
  const forget = h("button", { type: "button", hidden: !apiKey() }, "Forget it");
  const form = h(
    "form", { method: "dialog" },
    h("h2", { id: "key-title" }, "API key"),
    why && h("p.notice.warn", { id: "key-why" }, reason(why)),
    h("div.field", {},
      h("label", { for: "key-input" }, "Key"), input,
      h("p.hint", { id: "key-hint" },
        "Of ", h("code", {}, "foldline keys create"),
        ". Kept in this tab until it is closed; sent in the Authorization header only.")),
    h("div.row.spread", {},
      forget,
      h("div.row", {},
        h("button", { type: "button", value: "cancel", onclick: () => dialog.close("cancel") }, "Cancel"),
        h("button.primary", { value: "use" }, "Use this key"))),
  );
  const dialog = h("dialog", { "aria-labelledby": "key-title" }, form);
  forget.addEventListener("click", () => { input.value = ""; dialog.close("use"); });
  document.body.append(dialog);
  dialog.showModal();
  // What is there already is replaced by what is typed.
  input.select();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      const used = dialog.returnValue === "use";
      if (used) keep(input.value.trim());
      dialog.remove();
      done(used);
    });
  });
}

/** Who has sent no key need not be told how a key is sent. */
function reason(why) {
  return apiKey() ? `This key is not taken: ${why}.` : "This service answers only to those who have a key.";
}

function keep(key) {
  held = key || null;
  if (key) storage?.setItem(PLACE, key);
  else storage?.removeItem(PLACE);
}

function kept() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
