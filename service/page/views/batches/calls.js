/** The same batch, sent without the page. */

import { withQuery } from "../../api.js";
import { CSV } from "../../layout.js";
import { argument, curlSending, literal, openedClient } from "../../parts/calls.js";

/** A call of curl that sends a file with these parameters. */
export const curlCall = (file, type, parameters) =>
  curlSending(file, type, withQuery("v1/batches", parameters));

/** A call of the client that sends a file and prints what comes back. */
export function clientCall(file, type, parameters) {
  const given = Object.entries(parameters).map((each) => `            ${argument(each)},\n`);
  const form = `file, "${type === CSV ? "csv" : "ndjson"}"`;
  return [
    "from foldline_client import Client",
    "",
    ...openedClient(),
    `    with open(${literal(file)}, "rb") as file:`,
    `        batch = client.batches.send(${given.length ? `\n            ${form},\n${given.join("")}        ` : form})`,
    "    for result in client.batches.results(batch):",
    "        print(result.custom_id, result.status, result.met)",
  ].join("\n");
}
