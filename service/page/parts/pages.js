/** Entries of a list of the API: page by page, and what has become of those that are there. */

import { Problem, get, withQuery } from "../api.js";
import { hasEnded } from "../streams.js";

/** Of entries behind the first page so many are looked at again at once. */
const LOOKED_AT = 10;

/**
 * A list of which nothing is loaded yet.
 *
 * @param {string} path as in "v1/jobs".
 * @param {object} query what the list is asked for besides.
 * @param {number} limit entries of a page.
 * @param {AbortSignal} signal
 */
export function pages(path, query, limit, signal) {
  let entries = [];
  let next = null;
  const page = (cursor) => get(withQuery(path, { ...query, limit, cursor }), { signal });
  const known = () => new Set(entries.map((entry) => entry.id));

  return {
    /** What is loaded, newest first. */
    entries: () => entries,
    /** Whether there is more to load. */
    isMore: () => next !== null,
    /** Load the first page, or the next. */
    async load() {
      const found = await page(next);
      const before = known();
      entries = [...entries, ...found.data.filter((entry) => !before.has(entry.id))];
      next = found.next_cursor;
    },
    /** What has come meanwhile, and how far what was open is now. */
    async refresh() {
      const found = await page(null);
      const fresh = new Map(found.data.map((entry) => [entry.id, entry]));
      const open = entries.filter((entry) => entry.status && !hasEnded(entry.status) && !fresh.has(entry.id));
      const looks = open.slice(0, LOOKED_AT).map((entry) => entryAt(`${path}/${entry.id}`, signal));
      (await Promise.all(looks)).forEach((entry, at) => fresh.set(open[at].id, entry));
      const before = known();
      if (found.data.length && !found.data.some((entry) => before.has(entry.id))) {
        // The first time, or more has come than a page holds.
        entries = found.data;
        next = found.next_cursor;
        return;
      }
      entries = [
        ...found.data.filter((entry) => !before.has(entry.id)),
        ...entries.map((entry) => (fresh.has(entry.id) ? fresh.get(entry.id) : entry)).filter(Boolean),
      ];
      // What has become as it is wanted need not be the newest.
      entries.sort((one, other) => Date.parse(other.created_at) - Date.parse(one.created_at));
    },
    /** Put what an answer says of an entry in its place; null takes it out. */
    replace(id, entry) {
      entries = entries.map((each) => (each.id === id ? entry : each)).filter(Boolean);
    },
  };
}

/** An entry, null if it is no longer there. */
async function entryAt(path, signal) {
  try {
    return await get(path, { signal });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}
