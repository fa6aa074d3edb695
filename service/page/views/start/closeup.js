/** Where along a curve a thin corridor can be seen. */

import { extent } from "../../plots/columns.js";

/** Shares of the height of what is shown that the corridor takes: enough in the whole, and up close. */
const ENOUGH = 0.05;
const LEAST = 0.04;
/** So much of the height is some pixels: no close-up has more to show, but there is something to be seen. */
const SEEN = 0.01;
const GOOD = 0.2;
const MOST = 0.75;
const FEWEST = 3;
const STEP = 1.4;

/** Whether the corridor is seen without looking closer. */
export const isWide = (samples, corridor) => shareOf(corridor, 0, samples.x.length) >= ENOUGH;

/** Whether it is more than a line. */
export const isSeen = (samples, corridor) => shareOf(corridor, 0, samples.x.length) >= SEEN;

/**
 * Samples among which the corridor is seen: indices [from, to), or null where there are none.
 *
 * @param {object} samples
 * @param {{y: ArrayLike<number>, y2: ArrayLike<number>}} corridor
 * @param {[number, number]|null} before stays as long as it does: so the corridor is seen to change.
 */
export function closeUp(samples, corridor, before) {
  if (before) {
    const share = shareOf(corridor, ...before);
    if (share >= LEAST && share <= MOST) return before;
  }
  const middle = flattest(samples.y);
  const count = samples.x.length;
  for (let half = count / 2; ; half /= STEP) {
    const from = Math.max(0, Math.round(middle - half));
    const to = Math.min(count, Math.max(Math.round(middle + half) + 1, from + FEWEST));
    const share = shareOf(corridor, from, to);
    if (share >= GOOD) return [from, to];
    if (to - from <= FEWEST) return share >= LEAST ? [from, to] : null;
  }
}

/** Whether it is more than a line where one zooms in: no view of the plot is lower than three samples. */
export function isSeenSomewhere(samples, corridor) {
  for (let i = 0; i < Math.max(1, samples.x.length - FEWEST + 1); i += 1) {
    if (shareOf(corridor, i, Math.min(i + FEWEST, samples.x.length)) >= SEEN) return true;
  }
  return false;
}

/** How much of the height of some samples the corridor takes, where it is widest. */
function shareOf(corridor, from, to) {
  const [low, high] = [extent(corridor.y, from, to)[0], extent(corridor.y2, from, to)[1]];
  let widest = 0;
  for (let i = from; i < to; i += 1) widest = Math.max(widest, corridor.y2[i] - corridor.y[i]);
  return high > low ? widest / (high - low) : 1;
}

/** The index around which neighbouring samples differ least, away from the ends. */
function flattest(y) {
  const margin = Math.floor(y.length / 10);
  let found = Math.min(Math.max(1, Math.floor(y.length / 2)), y.length - 1);
  let least = Infinity;
  for (let i = margin + 1; i < y.length - margin - 1; i += 1) {
    const differ = Math.abs(y[i + 1] - y[i - 1]);
    if (differ < least) [found, least] = [i, differ];
  }
  return found;
}
