/** The page: which view the address names, and what is around all of them. */

import { Offline, Problem, reach } from "./api.js";
import { fill, h } from "./dom.js";
import { askForKey } from "./key.js";
import { failure } from "./parts/notices.js";

/**
 * Addresses behind the #, and the module of each view: `show(root, {id, query, signal})`.
 *
 * Ids are plain words: anything else would be another address of the API.
 */
const VIEWS = [
  [/^\/?$/, "start"],
  [/^\/jobs$/, "jobs"],
  [/^\/jobs\/([\w-]+)$/, "job"],
  [/^\/batches$/, "batches"],
  [/^\/batches\/([\w-]+)$/, "batch"],
  [/^\/models$/, "models"],
  [/^\/models\/([\w-]+)$/, "model"],
];

const main = document.getElementById("main");
let leaving = new AbortController();

/** Show what the address names; every view ends when its signal says so. */
async function route() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [path, query] = (location.hash.slice(1) || "/").split("?");
  const [name, id] = viewOf(path);
  mark(path);
  // A question of the view that is left is not answered on another one.
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  const root = h("div.view", {});
  fill(main, root);
  window.scrollTo(0, 0);
  try {
    if (name === null) throw new Problem({ status: 404, title: "No such page", detail: `There is nothing at ${path}.` });
    const view = await moduleOf(name);
    if (signal.aborted) return;
    await view.show(root, { id, query: new URLSearchParams(query), signal });
  } catch (error) {
    if (signal.aborted) return;
    failure(root, error, route);
  }
}

/** The module of a view; that the service is away may show first when one is asked for. */
async function moduleOf(name) {
  try {
    return await import(`./views/${name}.js`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    reach.dispatchEvent(new Event("offline"));
    throw new Offline();
  }
}

function viewOf(path) {
  for (const [pattern, name] of VIEWS) {
    const found = pattern.exec(path);
    if (found) return [name, found[1]];
  }
  return [null, null];
}

/** Mark the link of the header that leads here. */
function mark(path) {
  const section = path.split("/")[1] ?? "";
  for (const link of document.querySelectorAll(".top nav a[href^='#/']")) {
    if (link.getAttribute("href").slice(2) === section) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

const banner = document.getElementById("offline");
reach.addEventListener("offline", () => {
  banner.textContent = "The service cannot be reached. What you see may be old.";
  banner.hidden = false;
});
reach.addEventListener("online", () => { banner.hidden = true; });

// The content is no address of a view.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("key").addEventListener("click", async () => {
  if (await askForKey()) route();
});
// A file that is dropped beside what takes it would be opened in the place of the page.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}
window.addEventListener("hashchange", route);
route();
