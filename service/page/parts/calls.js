/** What the page does, as calls from a shell and from Python. */

import { address } from "../api.js";
import { apiKey } from "../key.js";
import { inShell, keyForCurl } from "../shell.js";
import { NUMBERS, WHOLE } from "./goal_fields.js";

/** A call of curl that sends a file. */
export const curlSending = (file, type, path) => [
  `curl --data-binary ${inShell(`@${file}`)} -H 'Content-Type: ${type}'`, ...keyForCurl(), inShell(address(path)),
].join(" \\\n  ");

/** The line that opens the client, below what it takes from the environment. */
export const openedClient = () => [
  ...(apiKey() ? ["# The key is in FOLDLINE_API_KEY."] : []),
  `with Client(${literal(address("").replace(/\/$/, ""))}) as client:`,
];

/** A text in Python. */
export const literal = (text) => JSON.stringify(text);

/** What the address says of the question, as an argument of the client. */
export function argument([name, value]) {
  if (name === "all_or_nothing") return `${name}=True`;
  return `${name}=${[...NUMBERS, ...WHOLE].includes(name) ? value : literal(value)}`;
}
