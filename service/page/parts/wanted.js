/** What every list can be filtered by, and how the API is asked for it. */

import { h } from "../dom.js";
import { searchInput } from "./filters.js";

const dateInput = () => h("input", { type: "date" });

/** Name and labels. */
export const labelFields = () => [
  { name: "search", label: "Name", control: searchInput(), hint: "Or a part of it" },
  { name: "metadata", label: "Labels", control: searchInput(), hint: "key:value, key:value" },
];

/** The days in between which it was made. */
export const createdFields = () => [
  { name: "created_from", label: "Created from", control: dateInput() },
  { name: "created_before", label: "Created before", control: dateInput() },
];

/** What the API is asked for; days begin where the reader is. */
export function wantedBy(query) {
  const day = (name) => {
    const moment = new Date(`${query.get(name)}T00:00`);
    return query.get(name) && !Number.isNaN(moment.getTime()) ? moment.toISOString() : query.get(name);
  };
  // A comma that no key follows is part of a value.
  const labels = query.getAll("metadata").flatMap((all) => all.split(/,\s*(?=[^,:]+:)/));
  return {
    search: query.get("search"), metadata: labels.filter(Boolean),
    created_from: day("created_from"), created_before: day("created_before"),
  };
}
