/** The steps of a logarithmic slider: ten round numbers a decade. */

const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

/** The number of a step: 0 is 1, 10 is 10, -30 is 0.001. */
export function valueOf(step) {
  const decade = Math.floor(step / ROUND.length);
  return Number(`${ROUND[step - decade * ROUND.length]}e${decade}`);
}

/** The step nearest to a positive number. */
export function stepOf(value) {
  const decade = Math.floor(Math.log10(value));
  const part = value / 10 ** decade;
  const far = [...ROUND, 10].map((round) => Math.abs(Math.log(part / round)));
  return decade * ROUND.length + far.indexOf(Math.min(...far));
}
