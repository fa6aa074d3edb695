/** The start: a curve comes in, the corridor around it is chosen, and the question is sent. */

import { fill, h } from "../dom.js";
import { errorNotice, heading } from "../parts/notices.js";
import { extent } from "../plots/columns.js";
import { counted, fromTo } from "../words.js";
import { askedBefore } from "./start/again.js";
import { calls } from "./start/calls.js";
import { chooser, takeAnywhere } from "./start/chooser.js";
import { goalForm } from "./start/form.js";
import { firstGoal, goalFor, stem, wrongIn } from "./start/goal.js";
import { picture } from "./start/picture.js";
import { curveOf, pasted, read, shipped } from "./start/reading.js";
import { refused } from "./start/refused.js";
import { refusal, refusals, send } from "./start/sending.js";

/** What was chosen; it outlives the view, so that another tolerance can be tried at once. */
const kept = { curve: null, goal: null, job: null };

/**
 * Show the curve and the goal that were chosen last, or where to choose a curve.
 *
 * `?job=` or `?model=` names what was asked before and is to be changed.
 */
export async function show(root, { query, signal }) {
  const place = h("div.stack.start", {});
  const on = {
    file: (file) => take(() => curveOf(file.name, file), file.name),
    text: (text) => take(() => pasted(text), "the text", text),
    shipped: (entry) => take((mine) => shipped(entry, mine), entry.title),
  };
  let choice = null;
  let reading = null;
  let standing = new AbortController();
  fill(root, heading("Fit a network to a curve"), place);
  await takeUp(query, signal);
  takeAnywhere(root, on, signal);
  if (kept.curve) showGoal();
  else showChooser();

  /** What stands in the place ends here; the signal of what comes next. */
  function next() {
    standing.abort();
    standing = new AbortController();
    return AbortSignal.any([signal, standing.signal]);
  }

  function showChooser() {
    next();
    choice = chooser(on);
    fill(place,
      h("p.lede", {}, "Give a curve as samples and say how accurate it must be: you get the smallest ReLU network ",
        "found for it, with a certificate, as C, ONNX or a table."),
      kept.curve && h("p", {}, h("button", { type: "button", onclick: showGoal }, `Back to ${kept.curve.title}`)),
      choice.element);
  }

  function another() {
    showChooser();
    choice.element.querySelector("button").focus();
  }

  /** Read a curve from a source; the last one counts. */
  async function take(source, name, text = null) {
    reading?.abort();
    reading = new AbortController();
    const mine = AbortSignal.any([signal, reading.signal]);
    if (!choice) showChooser();
    if (text !== null) choice.text.value = text;
    choice.busy(name);
    let curve = null;
    try {
      curve = await source(mine);
      keep(await read(curve, mine));
    } catch (error) {
      if (mine.aborted) return;
      const notice = curve ? await refused(curve, error) : errorNotice(error);
      if (!mine.aborted) choice.refuse(notice, text !== null);
      return;
    }
    if (!mine.aborted) showGoal();
  }

  function showGoal() {
    choice = null;
    const mine = next();
    const { curve } = kept;
    const title = h("h2", { tabindex: "-1" }, curve.title);
    const drawing = h("div", {});
    const said = h("div", { id: "refused" });
    const elsewhere = calls(curve, mine);
    const form = goalForm(kept.goal, curve, changed, submit);
    fill(place, h("div.asked", {},
      h("section.card.drawn", { "aria-label": "Curve" },
        h("div.row.spread", {}, title,
          h("button.small", { type: "button", onclick: another }, "Another curve")),
        h("p.muted", { role: "status" }, summary(curve)),
        drawing),
      h("div.stack.goal", {}, form.element, said),
      elsewhere.element));
    const drawn = picture(drawing, curve, mine);
    changed(kept.goal);
    title.focus({ preventScroll: true });

    function changed(goal) {
      kept.goal = goal;
      fill(said);
      const isRight = !Object.keys(wrongIn(goal, curve.samples)).length;
      if (isRight) drawn.draw(goal);
      elsewhere.show(goal, isRight);
    }

    async function submit(goal) {
      fill(said);
      form.busy(true);
      try {
        const job = await send(curve, goal, signal);
        kept.job = job.id;
        if (!signal.aborted) location.hash = `#/jobs/${job.id}`;
      } catch (error) {
        if (signal.aborted) return;
        form.busy(false);
        // There may be a key now, which the calls then have.
        elsewhere.show(goal, true);
        const wrong = refusals(error, curve);
        form.say(wrong);
        if (!form.lead(wrong)) fill(said, refusal(error));
      }
    }
  }
}

/** Take up what was asked before, if the address names it; from then on it is as any other choice. */
async function takeUp(query, signal) {
  const [kind, id] = query.has("job") ? ["jobs", query.get("job")] : ["models", query.get("model")];
  if (!id) return;
  // What was asked from here is known better: by its own file.
  if (id !== kept.job) {
    const { curve, goal } = await askedBefore(kind, id, signal);
    Object.assign(kept, { curve: await read(curve, signal), goal, job: id });
  }
  history.replaceState(null, "", "#/");
}

/** The curve from now on; the goal stays, as far as it goes with the curve. */
function keep(curve) {
  const before = kept.curve;
  const named = before && kept.goal.name !== stem(before.name);
  kept.goal = before
    ? { ...goalFor(curve, kept.goal, before), ...(named ? {} : { name: stem(curve.name) }) }
    : goalFor(curve, firstGoal(curve));
  kept.curve = curve;
}

function summary({ samples, labels }) {
  const { x } = samples;
  const [low, high] = extent(samples.y);
  return `${counted(x.length, "sample")}. ${labels.x} ${fromTo(x[0], x[x.length - 1])}, `
    + `${labels.y} ${fromTo(low, high)}.`;
}
