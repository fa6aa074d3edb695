/** How far a job is: phase, fraction, and the best error so far against what is allowed. */

import { fill, h } from "../../dom.js";
import { facts } from "../../parts/facts.js";
import { perFrame } from "../../parts/frames.js";
import { plot } from "../../plots/plot.js";
import { limitOf } from "../../targets.js";
import { count, counted, figure, metricName, moment, seconds } from "../../words.js";

const PHASES = {
  preparation: "Reading the samples",
  phase1: "Phase 1: placing knots and tents",
  phase2: "Phase 2: training every weight",
  certificate: "Certifying the network",
};
/** Of documents, which know no infinity. */
const NO_ERROR = 1e300;
/** Before so much is done, and so many seconds are gone, nothing tells how long the rest takes. */
const TELLING = { fraction: 0.02, seconds: 2 };

/**
 * @param {object} job
 * @param {AbortSignal} signal ends it.
 * @returns {{element: HTMLElement, update: (event: object) => void, before: (jobs: ?number) => void}}
 *   `before` takes how many jobs are to be begun before this one.
 */
export function progress(job, signal) {
  const limit = limitOf(job.target, job.samples.y_max - job.samples.y_min);
  const what = job.target.tolerance === "per_sample" ? "largest share of a sample's tolerance" : metricName(job.target.metric);
  const doing = h("p", { role: "status" });
  const bar = h("progress", { max: "1", "aria-label": "Done so far" });
  const figures = h("div", {});
  const host = h("div.progress-plot", {});
  const element = h("section.card", { "aria-labelledby": "progress" },
    h("h2", { id: "progress" }, "Progress"), doing, bar, figures, host);
  let begun = job.started_at && Date.parse(job.started_at);
  let latest = job;
  let ahead = null;
  const history = errors();
  let picture = null;
  const soon = perFrame(redraw, signal);

  const clock = setInterval(tell, 1000);
  signal.addEventListener("abort", () => { clearInterval(clock); picture?.destroy(); });
  return { element, update, before };

  function before(jobs) {
    ahead = jobs;
    tell();
  }

  function update(event) {
    latest = event;
    if (event.status === "running") begun ??= Date.now();
    tell();
    if (event.progress && history.add(event.progress)) soon();
  }

  function tell() {
    const waiting = latest.status === "queued";
    const words = waiting ? `Waiting for a worker since ${moment(job.created_at)}${place(ahead)}`
      : PHASES[latest.phase] ?? "Starting";
    // Readers of the screen need not hear the same again every second.
    if (doing.textContent !== words) doing.textContent = words;
    const { fraction = 0, iteration = 0, error = null } = latest.progress ?? {};
    bar.hidden = waiting;
    bar.value = fraction;
    fill(figures, !waiting && facts([
      ["Done", `${Math.floor(fraction * 100)} %`],
      ["Running for", begun && `${Math.round(running())} s`],
      ["Left, about", left(fraction)],
      ["Iterations", count(iteration)],
      [`Best ${what}`, error === null || error > NO_ERROR ? "none yet" : figure(error)],
      ["Allowed", limit === null ? "the best is looked for"
        : figure(limit) + (error !== null && error <= limit ? ": met, looking for a smaller network" : "")],
    ]));
  }

  function running() {
    return begun ? Math.max(0, (Date.now() - begun) / 1000) : 0;
  }

  /** The rest takes as long as what is done did, in proportion; a time limit ends it. */
  function left(fraction) {
    if (fraction < TELLING.fraction || running() < TELLING.seconds) return null;
    const rest = running() * (1 / fraction - 1);
    const limit = job.options.time_limit ?? Infinity;
    return seconds(Math.max(1, Math.round(Math.min(rest, limit - running()))));
  }

  function redraw() {
    const { x, y } = history;
    const reached = { name: "best so far", kind: "line", colour: "network", x, y };
    const ends = [x[0], Math.max(x[x.length - 1], x[0] + 1)];
    const layers = limit ? [reached, {
      name: "allowed", kind: "line", dashed: true, colour: "limit", x: ends, y: [limit, limit],
    }] : [reached];
    if (picture) picture.set(layers);
    else {
      picture = plot(host, {
        label: `The ${what} over the iterations`, height: 170, log: true, still: true, xLabel: "iterations",
      }, layers);
    }
  }
}

/** The place of a job in the queue, as far as it is known. */
function place(ahead) {
  if (ahead === null) return "";
  return ahead === 0 ? ": it is the next" : `: ${counted(ahead, "job")} before it`;
}

/** The best error after so many iterations: a column each, x increasing. */
function errors() {
  const [x, y] = [[], []];
  return {
    x, y,
    /** Whether there is something new to be seen. */
    add({ iteration = 0, error = null }) {
      if (error === null || !(error > 0) || error > NO_ERROR) return false;
      const last = x.length - 1;
      if (last >= 0 && iteration < x[last]) {
        // Another worker began from the start.
        x.length = 0;
        y.length = 0;
      } else if (last >= 0 && iteration === x[last]) {
        y[last] = Math.min(y[last], error);
        return true;
      }
      x.push(iteration);
      y.push(error);
      return true;
    },
  };
}
