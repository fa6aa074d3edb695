/** Commands that can be pasted into a shell, whatever files and people are called. */

import { apiKey } from "./key.js";

/** A word as a shell reads it back; plain ones stay as they are. */
export const inShell = (text) =>
  (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** What curl needs to be let in: the name of the key's variable, never the key; nothing without keys. */
export const keyForCurl = () => (apiKey() ? ['-H "Authorization: Bearer $FOLDLINE_API_KEY"'] : []);
