/** Jobs: what was asked, and how far it is. */

import { append, h } from "../dom.js";
import { cancelCell, jobCancelled } from "../parts/cancel.js";
import { anyOf, filters } from "../parts/filters.js";
import { list } from "../parts/list.js";
import { created, nameLink, nameOf } from "../parts/names.js";
import { empty, errorNotice, heading, statusMark } from "../parts/notices.js";
import { reachedWords } from "../parts/reached.js";
import { createdFields, labelFields, wantedBy } from "../parts/wanted.js";
import { hasEnded } from "../streams.js";
import { count, targetWords } from "../words.js";

/** What can be chosen, in words, and what the API is asked for then. */
const STATUSES = [
  ["", "Any", {}],
  ["open", "Not ended", { status: ["queued", "running"] }],
  ["met", "Target met", { met: true }],
  ["unmet", "Target not met", { met: false }],
  ["failed", "Failed", { status: "failed" }],
  ["cancelled", "Cancelled", { status: "cancelled" }],
];

const FIELDS = () => [
  ...labelFields(), { name: "status", label: "Status", control: anyOf(STATUSES) }, ...createdFields(),
];

export async function show(root, { query, signal }) {
  const host = h("div", {});
  const jobs = list(host, {
    label: "Jobs", noun: "job", nouns: "jobs", path: "v1/jobs", columns: columns((job) => cancel(jobs, job)), none, signal,
  });
  append(root, [
    h("div.row.spread.view-head", {},
      h("div", {}, heading("Jobs"),
        h("p.lede", {}, "One curve each, newest first. Jobs of a batch are shown with ",
          h("a", { href: "#/batches" }, "their batch"), ".")),
      h("a.button", { href: "#/" }, "New fit")),
    filters({
      signal,
      label: "Filter jobs", view: "/jobs", query, fields: FIELDS(),
      apply: (next) => jobs.show(asked(next)).catch((error) => jobs.say(errorNotice(error))),
    }),
    host,
  ]);
  await jobs.show(asked(query));
}

function asked(query) {
  const status = query.get("status") ?? "";
  const [, , chosen] = STATUSES.find(([value]) => value === status) ?? [null, null, { status }];
  return { ...wantedBy(query), ...chosen };
}

const columns = (onCancel) => [
  { name: "Job", cell: (job) => nameLink("jobs", job) },
  { name: "Status", cell: statusCell },
  { name: "Target", cell: (job) => [
    targetWords(job.target),
    job.progress.error !== null && h("span.below.muted", {}, `${hasEnded(job.status) ? "reached" : "so far"} ${reachedWords(job.target, job.samples, job.progress.error)}`),
  ] },
  { name: "Samples", kind: "number", cell: (job) => count(job.samples.count) },
  { name: "Created", kind: "time", cell: created },
  { name: "Actions", kind: "actions", cell: cancelCell(onCancel) },
];

function statusCell(job) {
  const percent = job.status === "running" && `${Math.round(job.progress.fraction * 100)} %`;
  return [
    statusMark(job.status, job.met),
    percent && h("span.below.muted", {}, percent),
    job.problem && h("span.below.wrong", {}, job.problem.detail),
    job.cached && h("span.below.muted", {}, "known before"),
  ];
}

async function cancel(jobs, job) {
  try {
    const ended = await jobCancelled(job);
    if (!ended) return;
    jobs.replace(job.id, ended);
    jobs.say(h("p.visually-hidden", {}, `${nameOf(job)} is cancelled.`));
  } catch (error) {
    jobs.say(errorNotice(error));
  }
}

const none = () => empty(
  h("p", {}, h("strong", {}, "No jobs yet")),
  h("p", {}, "A job is a sampled curve and how close the network has to be."),
  h("p", {}, "Jobs of a batch are not listed here: look for them with ", h("a", { href: "#/batches" }, "their batch"), "."),
  h("a.button", { href: "#/" }, "Fit a curve"));
