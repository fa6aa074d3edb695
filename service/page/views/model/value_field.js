/** The network's value at an x of the reader's choice. */

import { post } from "../../api.js";
import { fill, h } from "../../dom.js";
import { errorNotice } from "../../parts/notices.js";
import { between, exact, fromTo } from "../../words.js";

export function valueField({ id, samples }) {
  const { x_min: from, x_max: to } = samples;
  const input = h("input", {
    id: "at", type: "text", inputmode: "decimal", autocomplete: "off", required: true,
    "aria-describedby": "at-said", value: String(between(from, to, 0.5)),
  });
  const said = h("div", { id: "at-said", "aria-live": "polite" });
  const form = h("form", {}, h("label", { for: "at" }, "x ="),
    h("div.row.value-field", {}, input, h("button", {}, "Evaluate")), said);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value.trim().replace(",", ".");
    const x = Number(text);
    const wrong = text === "" || !Number.isFinite(x);
    input.setAttribute("aria-invalid", String(wrong));
    if (wrong) {
      fill(said, h("p.wrong", {}, "Give a number."));
      return;
    }
    try {
      const { y, dtype } = await post(`v1/models/${id}/evaluate`, { x: [x] });
      fill(said, h("p", {}, h("strong.number", {}, `y = ${exact(y[0])}`), h("span.muted", {}, ` in ${dtype}`)),
        (x < from || x > to) && h("p.hint", {}, `Outside the samples, which go ${fromTo(from, to, 6)}: nothing is certified there.`));
    } catch (error) {
      fill(said, errorNotice(error));
    }
  });
  return h("section.card", { "aria-labelledby": "evaluate" }, h("h2", { id: "evaluate" }, "Evaluate"), form);
}
