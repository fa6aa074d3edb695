/** A batch: how far it is, a picture of every function, and what was not fitted. */

import { get } from "../api.js";
import { append, fill, h } from "../dom.js";
import { batchCancelled } from "../parts/cancel.js";
import { perFrame } from "../parts/frames.js";
import { errorNotice, heading, loading, statusMark } from "../parts/notices.js";
import { hasEnded, pause, regularly } from "../streams.js";
import { brief, moment } from "../words.js";
import { cell } from "./batch/cell.js";
import { failures } from "./batch/failures.js";
import { grid } from "./batch/grid.js";
import { results } from "./batch/results.js";
import { takeAway } from "./batch/take_away.js";
import { tally } from "./batch/tally.js";

const REFRESH_S = 1;
/** So long at a time results are taken in; then it is the screen's turn. */
const STRETCH_MS = 12;

export async function show(root, { id, query, signal }) {
  fill(root, loading("the batch"));
  let batch = await get(`v1/batches/${id}`, { signal });
  const { total } = batch.counts;
  /** What has come, by the place of the function. */
  const found = new Array(total).fill(null);
  const status = h("span", {});
  const said = h("div", { role: "status" });
  const cancelling = h("button.danger", { type: "button", onclick: cancel }, "Cancel the batch");
  const plots = grid("Functions", (index) => cell(index, found[index]), signal);
  const wrong = failures();
  const counts = tally(query.get("show"), (wanted) => {
    history.replaceState(null, "", `#/batches/${id}${wanted ? `?show=${wanted}` : ""}`);
    choose();
  });

  const chooseSoon = perFrame(choose);

  fill(root);
  append(root, [
    h("div.row.spread.view-head", {},
      h("div", {}, heading(batch.name ?? "Batch"),
        h("p.row.muted", {}, status, h("code", { title: id }, brief(id)), `Created ${moment(batch.created_at)}`)),
      h("div.row", {}, cancelling)),
    said,
    h("section.card.batch-counts", { "aria-label": "Progress" }, counts.element),
    wrong.element, takeAway(batch), plots.element,
  ]);
  draw();
  choose();
  regularly(REFRESH_S, signal, look);
  await follow();

  /** Take in what comes, and let it be seen. */
  async function follow() {
    let since = performance.now();
    for await (const result of results(id, total, signal)) {
      found[result.index] = result;
      counts.note(result);
      wrong.note(result);
      plots.changed(result.index);
      chooseSoon();
      if (performance.now() - since > STRETCH_MS) {
        await pause(0, signal);
        since = performance.now();
      }
    }
  }

  async function look() {
    batch = await get(`v1/batches/${id}`, { signal });
    draw();
    return !hasEnded(batch.status);
  }

  function draw() {
    fill(status, statusMark(batch.status));
    cancelling.hidden = hasEnded(batch.status);
    counts.set(batch.counts);
  }

  function choose() {
    plots.show(counts.chosen(found));
  }

  async function cancel() {
    try {
      const ended = await batchCancelled(batch, "this batch");
      if (!ended) return;
      batch = ended;
      fill(said);
      draw();
    } catch (error) {
      fill(said, errorNotice(error));
    }
  }
}
