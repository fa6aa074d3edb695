/** Results of a batch as they come, with what is needed to draw them and no more. */

import { Problem, ask, withQuery } from "../../api.js";
import { shapeOf } from "../../parts/small_plot.js";
import { isPassing, lines, pause, waitS } from "../../streams.js";

/**
 * @typedef {object} Result
 * @property {number} index its place in the batch.
 * @property {number|null} line in the file.
 * @property {string|null} name the client's name for it.
 * @property {string} kind met, unmet, failed, refused or cancelled.
 * @property {string|null} job
 * @property {string|null} model
 * @property {object|null} shape of `shapeOf`.
 * @property {string[]|null} problem what went wrong, in the words of the service.
 */

/**
 * Every result once, in the order of their ends. A lost stream is asked for again; what it repeats
 * is passed over unread.
 *
 * @param {string} batchId
 * @param {number} total of the batch's functions.
 * @param {AbortSignal} signal
 * @yields {Result}
 */
export async function* results(batchId, total, signal) {
  const path = withQuery(`v1/batches/${batchId}/results`, {
    follow: true, order: "finished", include: "breakpoints",
  });
  const known = new Uint8Array(total);
  let missing = total;
  for (let failures = 0; missing > 0; failures += 1) {
    try {
      for await (const line of lines(await ask(path, { signal }))) {
        const index = indexOf(line);
        if (known[index]) continue;
        yield read(JSON.parse(line));
        known[index] = 1;
        missing -= 1;
        failures = 0;
      }
    } catch (error) {
      if (error instanceof Problem ? !isPassing(error) : signal.aborted || !isPassing(error)) throw error;
    }
    if (missing > 0) await pause(waitS(failures), signal);
  }
}

/** Where a line belongs, without reading all of it. */
const indexOf = (line) => Number(/^\{"index":(\d+)/.exec(line)?.[1] ?? JSON.parse(line).index);

function read(result) {
  const { status, met, problem } = result;
  return {
    index: result.index, line: result.line, name: result.custom_id,
    kind: status === "succeeded" ? (met ? "met" : "unmet") : status,
    job: result.job_id, model: result.model_id,
    shape: result.breakpoints ? shapeOf(result.breakpoints) : null,
    problem: problem && reasons(problem),
  };
}

function reasons({ detail, errors }) {
  if (!errors?.length) return [detail];
  // Which line it is is said apart.
  return errors.map(({ field, detail: reason }) => (field && !/^line\.\d+$/.test(field) ? `${field} ${reason}` : reason));
}
