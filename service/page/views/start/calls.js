/** What the button does, as calls from a shell and from Python. */

import { withQuery } from "../../api.js";
import { h } from "../../dom.js";
import { NPY, placesOf } from "../../layout.js";
import { argument, curlSending, literal, openedClient } from "../../parts/calls.js";
import { codeBlock, tabs } from "../../parts/code.js";
import { fileName } from "../../words.js";
import { asked } from "./goal.js";
import { shippedAddress } from "./reading.js";

/** Where the question is sent, with all of it but the curve. */
export const questionPath = (goal, samples) => withQuery("v1/jobs", asked(goal, samples));

/**
 * The calls, which follow the goal.
 *
 * @param {import("./reading.js").Curve} curve
 * @param {AbortSignal} signal
 * @returns {{element: HTMLElement, show: (goal, isRight: boolean) => void}}
 */
export function calls(curve, signal) {
  let goal = null;
  let chosen = 0;
  const panel = (index, write, label) => () => {
    chosen = index;
    return goal ? codeBlock(write(curve, goal), label) : h("p.muted", {}, "Correct what is marked above first.");
  };
  const kinds = tabs("The same from elsewhere", [
    ["curl", panel(0, curl, "Call with curl")], ["Python", panel(1, python, "Call from Python")],
  ]);
  const element = h("section.card", { "aria-labelledby": "calls-title" },
    h("h2", { id: "calls-title" }, "The same without this page"), kinds, fileNote(curve, signal));
  return {
    element,
    show(next, isRight) {
      goal = isRight ? next : null;
      kinds.choose(chosen);
    },
  };
}

/** Where the file of the calls is to be had, if it is none of the user's. */
function fileNote(curve, signal) {
  if (curve.origin === "file") return null;
  const shippedOne = curve.origin === "shipped";
  const href = shippedOne ? shippedAddress(curve) : URL.createObjectURL(curve.body);
  if (!shippedOne) signal.addEventListener("abort", () => URL.revokeObjectURL(href), { once: true });
  return h("p.hint", {}, "The calls read ", h("a", { href, download: curve.name }, curve.name), ": save it first.");
}

/** A call of curl with the curve as its body. */
export const curl = (curve, goal) => curlSending(curve.name, curve.type, questionPath(goal, curve.samples));

/** A program with the client. */
export function python(curve, goal) {
  const { samples } = curve;
  const columns = ["x", "y", "weight", "tolerance"].filter((name) => samples[name]);
  const said = argumentsOf(goal, samples);
  const further = columns.slice(2).map((name) => `${name}=${name}`);
  return [
    "import numpy as np",
    "from foldline_client import Client",
    "",
    ...loading(curve, columns),
    "",
    ...openedClient(),
    `    model = client.fit(${["x", "y", ...further, ...said].join(", ")})`,
    "    print(model)",
    `    model.export("c", ${literal(`${fileName(goal.name)}.zip`)})  # or onnx`,
  ].join("\n");
}

/** What the client has other defaults for is said. */
function argumentsOf(goal, samples) {
  const said = asked(goal, samples);
  const all = { ...(samples.tolerance ? {} : { tolerance: "None" }), relative_to: "absolute", ...said };
  if (goal.metric === "max_rel") delete all.relative_to;
  return Object.entries(all).map(argument);
}

function loading(curve, columns) {
  const file = literal(curve.name);
  const names = columns.join(", ");
  const { layout } = curve;
  if (curve.type === NPY) {
    if (layout.kind === "rows") return [`${names} = np.load(${file})`];
    if (layout.kind === "columns") return [`${names} = np.load(${file}).T`];
    return [`data = np.load(${file})`, `${names} = ${columns.map((name) => `data["${name}"]`).join(", ")}`];
  }
  const places = placesOf(layout);
  const used = columns.map((name) => places[name]);
  const inOrder = used.every((place, at) => place === at) && layout.columns === used.length;
  const options = [
    layout.separator !== null && `delimiter=${literal(layout.separator)}`,
    layout.skipped > 0 && `skiprows=${layout.skipped}`,
    !inOrder && `usecols=(${used.join(", ")})`,
    layout.quoted && `quotechar='"'`,
    layout.marked && `encoding="utf-8-sig"`,
    layout.commas && `converters=lambda cell: float(cell.replace(",", "."))`,
    "unpack=True",
  ].filter(Boolean);
  return [`${names} = np.loadtxt(${[file, ...options].join(", ")})`];
}
