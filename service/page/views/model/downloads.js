/** Every file of a model, each with code that uses it. */

import { address, withQuery } from "../../api.js";
import { fill, h } from "../../dom.js";
import { codeBlock, tabs } from "../../parts/code.js";
import { saveButton } from "../../parts/downloads.js";
import { choice as select, field } from "../../parts/fields.js";
import { between, fileName } from "../../words.js";
import { NETWORK, TABLE, curl } from "./snippets.js";

const NETWORK_FORMATS = [
  ["onnx", "ONNX", "For onnxruntime and compilers. Carries the certificate and 16 pairs to check it by."],
  ["pt2", "PyTorch", "A program of torch.export. Made when it is first asked for, in about ten seconds."],
  ["safetensors", "safetensors", "The weights, named as a Sequential of Linear and ReLU names them."],
  ["c", "C", "C99, a header and a source, no library."],
  ["json", "JSON", "The layers as certified: weights and biases, ReLU between them."],
];
const TABLE_FORMATS = [
  ["csv", "CSV", "Columns x, y, slope, intercept."],
  ["json", "JSON", "Columns x, y, slope, intercept."],
  ["npy", "NumPy", "A structured array of float64."],
  ["c", "C", "C99 that looks the segment up, a header and a source, no library."],
];
/** Letters of a name in C: linkers need not tell longer ones apart. */
const MOST_OF_NAME = 24;
const OUTSIDE = [
  ["", "as usual for the form"], ["network", "what the weights give"],
  ["linear", "the outer segments go on"], ["clamp", "the values at the ends stay"],
];

export function downloads(model) {
  const choice = { extrapolate: "", arithmetic: "float", name: "" };
  const [networks, tables] = [h("div", {}), h("div", {})];
  const offers = [
    offer("network", NETWORK_FORMATS, NETWORK, { model, choice }),
    offer("breakpoints", TABLE_FORMATS, TABLE, { model, choice }),
  ];
  fill(networks, h("h3", {}, "Network"), offers[0].element);
  fill(tables, h("h3", {}, "Breakpoint table"), offers[1].element);
  return h("section.card.downloads", { "aria-labelledby": "downloads" },
    h("h2", { id: "downloads", tabindex: "-1" }, "Take it along"),
    choices(model, choice, () => offers.forEach((each) => each.refresh())),
    h("div.columns.halves", {}, networks, tables),
    h("div.columns.halves", {}, samples(model), pictures(model)));
}

function choices(model, choice, changed) {
  const fields = [
    field("extrapolate", "Outside the samples", select(OUTSIDE, choice.extrapolate)),
    field("name", "C function and files", h("input", {
      type: "text", autocomplete: "off", spellcheck: "false", placeholder: named(model, choice),
    })),
    field("arithmetic", "C arithmetic",
      select([["float", model.architecture.dtype], ["fixed", "fixed point"]], choice.arithmetic)),
  ];
  return h("div.fields.download-choices", {
    oninput: ({ target }) => {
      choice[target.name] = target.value.trim();
      changed();
    },
  }, fields.map(({ element }) => element));
}

/** Tabs of formats, with what is chosen of each. */
function offer(kind, formats, uses, { model, choice }) {
  let shown = 0;
  const panels = formats.map(([format, label, what], index) => [label, () => {
    shown = index;
    return panel(format, label, what);
  }]);
  const element = tabs(kind === "network" ? "Forms of the network" : "Forms of the table", panels);
  return { element, refresh: () => element.choose(shown) };

  function panel(format, label, what) {
    const file = nameOf(kind, format, model, choice);
    const path = pathOf(kind, format, model, choice);
    const use = { model, file, at: inside(model.samples), name: named(model, choice), arithmetic: choice.arithmetic };
    const whole = kind === "network" ? "network" : "table";
    return h("div.stack", {},
      h("p.muted", {}, what),
      saveButton(`Download ${file}`, () => [path, file]),
      codeBlock(uses[format](use), `Code that uses the ${whole} as ${label}`),
      codeBlock(curl(address(path), file), `Command that downloads the ${whole} as ${label}`));
  }
}

function pathOf(kind, format, { id, name: modelName }, choice) {
  const extrapolate = kind === "breakpoints" && choice.extrapolate === "network" ? "" : choice.extrapolate;
  const ofC = format === "c"
    ? { name: named({ name: modelName }, choice), arithmetic: choice.arithmetic === "fixed" ? "fixed" : "" } : {};
  return withQuery(`v1/models/${id}/${kind}`, { format, extrapolate, ...ofC });
}

function nameOf(kind, format, model, choice) {
  if (format === "c") return `${named(model, choice)}.zip`;
  return `${fileName(model.name ?? "curve")}${kind === "breakpoints" ? "_breakpoints" : ""}.${format}`;
}

/** What the C function is called: with f_ before it no word is one that C has already. */
function named({ name }, choice) {
  const own = `f_${fileName(name ?? "curve").toLowerCase()}`;
  return choice.name || own.slice(0, MOST_OF_NAME).replace(/_+$/, "");
}

/** An x among the samples, short, and not the middle, where too many curves are 0. */
const inside = ({ x_min: from, x_max: to }) => String(between(from, to, 0.6));

function samples({ id, name }) {
  return group("Samples", ["csv", "json", "npy"].map((format) => {
    const file = `${fileName(name ?? "curve")}_samples.${format}`;
    return saveButton(format.toUpperCase(), () => [`v1/models/${id}/samples?format=${format}`, file], "small");
  }));
}

function pictures({ id, name }) {
  return group("Picture", ["light", "dark"].map((theme) => {
    const file = `${fileName(name ?? "curve")}_${theme}.svg`;
    return saveButton(`SVG, ${theme}`, () => [`v1/models/${id}/plot.svg?theme=${theme}`, file], "small");
  }));
}

const group = (title, buttons) => h("div", {}, h("h3", {}, title), h("div.row.start", {}, buttons));
