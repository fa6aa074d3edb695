/** Numbers along an axis that can be told apart, however far from 0 they are. */

import { figure } from "../words.js";

/** From here on an axis shows what its values have more than a round number: it has no room for all their digits. */
const FAR = 1e4;

/** The round number below an interval far from 0 that its axis begins at; 0 for any other. */
function baseOf(min, max) {
  const width = max - min;
  if (!(width > 0 && Math.max(Math.abs(min), Math.abs(max)) > FAR * width)) return 0;
  const unit = 10 ** Math.ceil(Math.log10(width));
  return Number((Math.floor(min / unit) * unit).toPrecision(15));
}

/**
 * Labels of an axis of uPlot, and of its ticks.
 *
 * @param {"x"|"y"} scale
 * @param {string|undefined} label without one the ticks have a sign where they are not counted from 0.
 */
export function ticks(scale, label) {
  const base = (u) => (u.scales[scale].distr === 3 ? 0 : baseOf(u.scales[scale].min, u.scales[scale].max));
  return {
    label: label && ((u) => {
      const from = base(u);
      return from === 0 ? label : `${label} ${from > 0 ? "−" : "+"} ${figure(Math.abs(from), 15)}`;
    }),
    values(u, splits) {
      const from = base(u);
      const sign = from !== 0 && !label ? "+" : "";
      return splits.map((value) => (value === null ? "" : sign + figure(value - from, 6)));
    },
  };
}
