/** Sorted columns of numbers: what lies in an interval, and values between samples. */

/** The index of the first x that is not below a value; x is increasing. */
function lowerBound(x, value) {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value of the polyline (x, y) at a place; null outside. */
export function interpolated(x, y, place) {
  if (!(place >= x[0] && place <= x[x.length - 1])) return null;
  const right = Math.max(1, lowerBound(x, place));
  const share = (place - x[right - 1]) / (x[right] - x[right - 1]);
  return y[right - 1] + share * (y[right] - y[right - 1]);
}

/** The values of the polyline (x, y) at increasing places, none of them outside. */
export function along(x, y, places) {
  const values = new Float64Array(places.length);
  let right = 1;
  for (let i = 0; i < places.length; i += 1) {
    while (right < x.length - 1 && x[right] < places[i]) right += 1;
    const share = (places[i] - x[right - 1]) / (x[right] - x[right - 1]);
    // Exactly the value of a corner at a corner.
    values[i] = share === 1 ? y[right] : y[right - 1] + share * (y[right] - y[right - 1]);
  }
  return values;
}

/** The index of the sample next to a place. */
export function nearest(x, place) {
  const right = Math.min(lowerBound(x, place), x.length - 1);
  if (right > 0 && place - x[right - 1] < x[right] - place) return right - 1;
  return right;
}

/** Smallest and largest of a column between two indices; [Infinity, -Infinity] if there are none. */
export function extent(column, from = 0, to = column.length) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = from; i < to; i += 1) {
    const value = column[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Indices of an interval of x, and one more on either side, so that lines run to the edge. */
export function within(x, min, max) {
  return [Math.max(0, lowerBound(x, min) - 1), Math.min(x.length, lowerBound(x, max) + 2)];
}

/** Both columns' values of x, increasing, each once. */
export function merged(a, b) {
  const all = Float64Array.from([...a, ...b]).sort();
  return all.filter((value, index) => index === 0 || value !== all[index - 1]);
}

/**
 * A column thinned to what can be seen: of every stretch its first, lowest, highest and last.
 *
 * @param {ArrayLike<number>} x increasing
 * @param {ArrayLike<number>} y
 * @param {number} from first index
 * @param {number} to behind the last
 * @param {number} stretches into how many equal parts of x; some pixels are enough
 * @returns {number[]} indices, increasing
 */
export function thinned(x, y, from, to, stretches) {
  if (to - from <= 4 * stretches) return Array.from({ length: to - from }, (_, i) => from + i);
  const kept = [];
  const width = (x[to - 1] - x[from]) / stretches;
  for (let start = from; start < to;) {
    const end = x[start] + width;
    let [low, high, last] = [start, start, start];
    for (let i = start + 1; i < to && x[i] <= end; i += 1) {
      if (y[i] < y[low]) low = i;
      if (y[i] > y[high]) high = i;
      last = i;
    }
    kept.push(...new Set([start, Math.min(low, high), Math.max(low, high), last]));
    start = last + 1;
  }
  return kept;
}
