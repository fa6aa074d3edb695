/** The same batch, sent without the page. */

import { address, withQuery } from "../../api.js";
import { inShell, keyForCurl } from "../../shell.js";
import { CSV } from "./kinds.js";

const NUMBERS = new Set(["tolerance", "floor", "max_segments", "max_parameters"]);

/** A call of curl that sends a file with these parameters. */
export function curlCall(file, type, parameters) {
  const lines = [
    `curl --data-binary ${inShell(`@${file}`)}`,
    `-H 'Content-Type: ${type}'`,
    ...keyForCurl(),
    inShell(address(withQuery("v1/batches", parameters))),
  ];
  return lines.join(" \\\n  ");
}

/** A call of the client that sends a file and prints what comes back. */
export function clientCall(file, type, parameters) {
  const given = Object.entries(parameters).map(([name, value]) => `            ${name}=${python(name, value)},\n`);
  const form = type === CSV ? "csv" : "ndjson";
  const words = given.length ? `\n            file, "${form}",\n${given.join("")}        ` : `file, "${form}"`;
  return `from foldline_client import Client

with Client(${JSON.stringify(address("").replace(/\/$/, ""))}) as client:
    with open(${JSON.stringify(file)}, "rb") as file:
        batch = client.batches.send(${words})
    for result in client.batches.results(batch):
        print(result.custom_id, result.status, result.met)
`;
}

function python(name, value) {
  if (value === "true") return "True";
  return NUMBERS.has(name) ? value : JSON.stringify(value);
}
