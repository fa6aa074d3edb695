/** A job: how far it is, what the network looks like meanwhile, and how it ended. */

import { Problem, get, post } from "../api.js";
import { fill, h } from "../dom.js";
import { questionFacts, wideFacts } from "../parts/facts.js";
import { empty, errorNotice, heading, loading, statusMark } from "../parts/notices.js";
import { follow, hasEnded, isPassing, pause } from "../streams.js";
import { brief, moment } from "../words.js";
import { askedAgain } from "./job/again.js";
import { drawing } from "./job/drawing.js";
import { progress } from "./job/progress.js";

/** Seconds between two looks at the queue. */
const QUEUE_EVERY_S = 2;

export async function show(root, { id, signal }) {
  fill(root, loading("the job"));
  const job = await get(`v1/jobs/${id}`, { signal });
  if (job.status === "succeeded") leave(job);
  else if (hasEnded(job.status)) ended(root, job);
  else await running(root, job, signal);
}

/** On to the model, as the answer to this job; Back leads to what was before the job. */
const leave = ({ id, model_id: model }) => location.replace(`#/models/${model}?job=${id}`);

async function running(root, job, signal) {
  const lost = h("p.notice.warn", { role: "status", hidden: true }, "Connection lost, trying again …");
  const status = h("span", { "aria-live": "polite" });
  const far = progress(job, signal);
  const picture = drawing(job, signal);
  fill(
    root,
    head(job, status, cancelButton(job)),
    lost,
    h("div.stack", {},
      h("div.columns.aside", {}, picture.element, far.element),
      about(job)),
  );
  update({ status: job.status, phase: job.phase, progress: job.progress });
  far.before(job.waiting_before);
  watchQueue();
  for await (const event of follow(job.id, signal, (connected) => { lost.hidden = connected; })) update(event);
  const last = await settled(job.id, signal);
  if (signal.aborted) return;
  if (last.status === "succeeded") leave(last);
  else ended(root, last);

  /** The queue has no events: it is looked at as long as the job waits. */
  async function watchQueue() {
    let looked = job;
    while (looked.status === "queued") {
      await pause(QUEUE_EVERY_S, signal).catch(() => {});
      if (signal.aborted) return;
      looked = await get(`v1/jobs/${job.id}`, { signal }).catch(() => looked);
      far.before(looked.waiting_before);
    }
  }

  function update(event) {
    fill(status, statusMark(event.status));
    far.update(event);
    if (event.current) picture.draw(event.current);
  }
}

/** The job as it ended; the service may be away just then. */
async function settled(id, signal) {
  for (;;) {
    try {
      return await get(`v1/jobs/${id}`, { signal });
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(1, signal);
    }
  }
}

function ended(root, job) {
  const failed = job.status === "failed";
  // What was asked is wrong: asked again it would fail again.
  const wrong = failed && job.problem.status === 422;
  const said = h("div", {});
  fill(
    root,
    head(job, statusMark(job.status)),
    h("div.stack", {},
      h("div.stack", {},
        failed ? errorNotice(new Problem(job.problem))
          : empty(h("p", {}, "This job was cancelled before it had an answer. Nothing was kept of it.")),
        h("div.row", {}, againButton(job, said, wrong ? "button" : "button.primary"),
          h(wrong ? "a.button.primary" : "a.button", { href: `#/?job=${job.id}` }, "Change the question")),
        said),
      about(job)),
  );
}

function head(job, ...beside) {
  const [status, ...actions] = beside;
  return h("div.row.spread.view-head", {},
    h("div", {}, heading(job.name ?? brief(job.id)), h("p.muted", {}, "Job ", status)),
    h("div.row", {}, actions));
}

function about(job) {
  return h("section.card", { "aria-labelledby": "question" },
    h("h2", { id: "question" }, "The question"),
    wideFacts([
      ...questionFacts(job),
      ...Object.entries(job.metadata),
      ["Created", moment(job.created_at)],
      ["Ended", job.finished_at && moment(job.finished_at)],
      ["Attempts", job.attempts > 1 && String(job.attempts)],
      ["Batch", job.batch_id && h("a", { href: `#/batches/${job.batch_id}` }, brief(job.batch_id))],
      ["Id", h("code", {}, job.id)],
    ]));
}

function cancelButton(job) {
  const said = h("div", {});
  const button = h("button.danger", { type: "button" }, "Cancel this job");
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.replaceChildren();
    try {
      await post(`v1/jobs/${job.id}/cancel`);
    } catch (error) {
      button.disabled = false;
      // One that has ended meanwhile says so by itself.
      if (error.status !== 409) said.append(errorNotice(error));
    }
  });
  return h("div", {}, button, said);
}

function againButton(job, said, kind) {
  const button = h(kind, { type: "button" }, "Try again");
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.replaceChildren();
    try {
      location.hash = `#/jobs/${(await askedAgain(job)).id}`;
    } catch (error) {
      button.disabled = false;
      said.append(errorNotice(error));
    }
  });
  return button;
}
