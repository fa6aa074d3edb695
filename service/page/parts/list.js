/** A list as users see it: a table, how much of it is there, and the button for more. */

import { Problem } from "../api.js";
import { fill, h } from "../dom.js";
import { isPassing, regularly } from "../streams.js";
import { count } from "../words.js";
import { errorNotice, loading } from "./notices.js";
import { pages } from "./pages.js";
import { table } from "./table.js";

const REFRESH_S = 3;
const PAGE = 20;
/** The API ends a page, however short it is, when it has looked at many entries: so many are asked for. */
const PAGES_TO_FIND = 5;

/**
 * A list that can be asked for something else at any time.
 *
 * @param {HTMLElement} host
 * @param {object} options
 * @param {string} options.label what it lists.
 * @param {string} options.noun of one entry.
 * @param {string} options.nouns of several.
 * @param {string} options.path of the API.
 * @param {import("./table.js").Column[]} options.columns
 * @param {() => Node} options.none what stands there as long as there is nothing at all.
 * @param {AbortSignal} options.signal
 * @returns {object} `show(query)` shows what the API finds for a query, or why it refuses that; `replace(id, entry)`, null
 *   takes it out; `say(node)` puts a notice above.
 */
export function list(host, { label, noun, nouns, path, columns, none, signal }) {
  const said = h("div.said", { role: "status" });
  const text = h("p.muted", { role: "status", tabindex: "-1" });
  const button = h("button", { type: "button", onclick: more });
  const foot = h("div.row.list-foot", {}, text, button);
  const shown = table(label, columns);
  let wanted = {};
  /** Null as long as nothing can be found. */
  let found = null;
  let asking = null;
  let watched = false;

  async function show(next) {
    const first = found === null;
    if (first) fill(host, loading(nouns));
    wanted = next;
    asking?.abort();
    const ours = (asking = new AbortController());
    found = pages(path, wanted, PAGE, AbortSignal.any([signal, ours.signal]));
    try {
      await load();
    } catch (error) {
      if (!signal.aborted && ours.signal.aborted) return;
      // What is wanted can be changed above; trying again helps only with what is not refused.
      const refused = error instanceof Problem && error.errors.length > 0;
      if (first || refused) {
        found = null;
        fill(host, said);
      }
      if (!refused) throw error;
      fill(said, errorNotice(error));
      return;
    }
    fill(said);
    draw();
    if (!watched) regularly(REFRESH_S, signal, refresh);
    watched = true;
  }

  /** The next page, or as many as it takes to find something. */
  async function load() {
    const before = found.entries().length;
    for (let loaded = 0; loaded < PAGES_TO_FIND; loaded += 1) {
      await found.load();
      if (!found.isMore() || found.entries().length > before) return;
    }
  }

  const isAsked = () => Object.values(wanted).some((value) => value !== null && value !== "" && value.length !== 0);

  function draw() {
    const entries = found.entries();
    shown.set(entries);
    shown.element.hidden = entries.length === 0;
    if (!entries.length && !found.isMore() && !isAsked()) {
      if (!host.querySelector(".empty")) fill(host, said, none());
      return;
    }
    if (!host.contains(foot)) fill(host, said, shown.element, foot);
    text.textContent = words(entries.length);
    button.textContent = entries.length ? "Show more" : "Look further";
    // Who has just loaded the last page is not left nowhere.
    if (!found.isMore() && document.activeElement === button) text.focus({ preventScroll: true });
    button.hidden = !found.isMore();
  }

  function words(entries) {
    const of = (number) => `${count(number)} ${number === 1 ? noun : nouns}`;
    const isMore = found.isMore();
    if (!entries) return isMore ? `No such ${noun} so far` : `No ${noun} is like that`;
    return `${of(entries)}${isMore ? ", newest first" : ""}`;
  }

  async function more() {
    button.classList.add("busy");
    try {
      await load();
      fill(said);
    } catch (error) {
      if (signal.aborted) return;
      fill(said, errorNotice(error));
    }
    button.classList.remove("busy");
    draw();
  }

  async function refresh() {
    const ours = found;
    if (ours === null) return;
    try {
      await ours.refresh();
    } catch (error) {
      if (ours !== found) return;
      if (!isPassing(error) && !signal.aborted) fill(said, errorNotice(error));
      throw error;
    }
    if (ours === found) draw();
  }

  return {
    show,
    replace(id, entry) {
      if (found === null) return;
      found.replace(id, entry);
      draw();
    },
    say: (...notices) => fill(said, ...notices),
  };
}
