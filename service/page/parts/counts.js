/** How many functions of a batch are where: as a bar, and in words. */

import { h } from "../dom.js";
import { count } from "../words.js";

/** Statuses in the order of the bar. */
const ORDER = ["met", "succeeded", "unmet", "failed", "refused", "cancelled", "running", "queued"];
const WORDS = { met: "target met", unmet: "target not met" };

/**
 * A bar of stretches.
 *
 * @param {Record<string, number>} counts by status.
 * @param {number} total
 */
export function countsBar(counts, total) {
  const stretches = ORDER.filter((status) => counts[status]).map((status) => {
    const stretch = h(`span.${status}`, {});
    stretch.style.flexGrow = counts[status] / total;
    return stretch;
  });
  return h("div.counts-bar", { role: "img", "aria-label": countsWords(counts, total) }, stretches);
}

/** "38 of 40 succeeded, 2 failed". */
export function countsWords(counts, total) {
  const said = ORDER.filter((status) => counts[status])
    .map((status) => `${count(counts[status])} ${WORDS[status] ?? status}`);
  return said.length ? `${said.join(", ")} of ${count(total)}` : `${count(total)} in all`;
}
