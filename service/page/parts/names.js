/** What an entry of a list is called: its name, or its id, and a link to it. */

import { h } from "../dom.js";
import { brief, moment } from "../words.js";

/** The name of a job, batch or model, or its id where it has none. */
export const nameOf = (entry) => entry.name ?? brief(entry.id);

/** The same as a link to its view, with the id below. */
export const nameLink = (view, entry) => [
  h("a", { href: `#/${view}/${encodeURIComponent(entry.id)}` }, nameOf(entry)),
  entry.name && h("code.below.muted", {}, brief(entry.id)),
];

/** When it was made. */
export const created = (entry) => h("time", { datetime: entry.created_at }, moment(entry.created_at));
