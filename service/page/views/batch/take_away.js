/** The results as a file, and as a call that gets them. */

import { address, withQuery } from "../../api.js";
import { h } from "../../dom.js";
import { codeBlock } from "../../parts/code.js";
import { saveButton } from "../../parts/downloads.js";
import { inShell, keyForCurl } from "../../shell.js";
import { fileName } from "../../words.js";

const PARTS = [
  ["model", "certificates"], ["breakpoints", "breakpoints"], ["network", "weights"],
];

/** @param {object} batch as the API has it. */
export function takeAway(batch) {
  const boxes = PARTS.map(([value, words]) => {
    const box = h("input", { type: "checkbox", id: `include-${value}`, value });
    return [box, h("span.check", {}, box, h("label", { for: box.id }, words))];
  });
  const path = `v1/batches/${batch.id}/results`;
  const file = () => [
    withQuery(path, { include: boxes.map(([box]) => box).filter((box) => box.checked).map((box) => box.value) }),
    `${fileName(batch.name ?? batch.id)}.ndjson`,
  ];
  const url = address(withQuery(path, { follow: true, order: "finished" }));
  const call = ["curl -N", ...keyForCurl(), inShell(url)].join(" ");
  // Closed, and above the functions: below ten thousand of them nobody would find it.
  return h("details.card.take-away", {},
    h("summary", {}, h("h2", {}, "Take the results along")),
    h("div.columns.halves", {},
      h("div", {},
        h("p.hint", {}, "A result a line, in the order of the functions, with what has ended by now."),
        h("fieldset", {}, h("legend", {}, "With each also its"), h("div.row", {}, boxes.map(([, shown]) => shown))),
        saveButton("Download results (NDJSON)", file)),
      h("div", {}, h("p.hint", {}, "The same as they come, until the last:"), codeBlock(call, "curl call"))));
}
