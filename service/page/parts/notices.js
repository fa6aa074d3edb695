/** Words in the place where something is missing, wrong or being loaded. */

import { Offline, Problem } from "../api.js";
import { fill, h } from "../dom.js";

/** Say that something is on its way. */
export const loading = (what) => h("p.muted.busy", { role: "status" }, `Loading ${what} …`);

/** Say that there is nothing yet, and what to do about it. */
export const empty = (...words) => h("div.card.empty", {}, ...words);

/**
 * An error as the service tells it: its detail, and each field with what is wrong there.
 *
 * @param {Error} error
 */
export function errorNotice(error) {
  const listed = error instanceof Problem ? error.errors : [];
  const said = listed.length
    ? h("ul", {}, listed.map((each) => h("li", {}, fieldName(each.field), each.detail)))
    : h("p", {}, error.message);
  const title = error instanceof Problem ? error.title : null;
  return h("div.notice.bad", { role: "alert" }, title && h("p", {}, h("strong", {}, title)), said);
}

/** A line of a file is named in the detail already. */
const fieldName = (field) => (field ? [h("code", {}, field), " "] : null);

/** Show in the place of a view why there is none, and let it be tried again. */
export function failure(root, error, again) {
  if (!(error instanceof Problem || error instanceof Offline)) console.error(error);
  const missing = error instanceof Problem && error.status === 404;
  fill(
    root,
    heading(missing ? "Not found" : "That did not work"),
    errorNotice(error),
    h("p.row", {},
      !missing && h("button", { type: "button", onclick: again }, "Try again"),
      h("a.button", { href: "#/" }, "To the start")),
  );
}

/**
 * The heading of a view; readers of the screen are led to it.
 *
 * @param {string} title also of the window.
 */
export function heading(title) {
  document.title = `${title} · Foldline`;
  const element = h("h1", { tabindex: "-1" }, title);
  requestAnimationFrame(() => element.focus({ preventScroll: true }));
  return element;
}

const LOOKS = {
  succeeded: "good", completed: "good", failed: "bad", refused: "bad",
  cancelled: "plain", queued: "plain", running: "warn",
};

/** The status of a job or a batch, with whether the target was met. */
export function statusMark(status, met = null) {
  if (status === "succeeded" && met === false) return h("span.status.warn", {}, "target not met");
  if (status === "succeeded" && met) return h("span.status.good", {}, "target met");
  return h(`span.status.${LOOKS[status] ?? "plain"}`, {}, status);
}
