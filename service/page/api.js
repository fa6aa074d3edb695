/** The API: requests with the key, and errors that say what went wrong. */

import { apiKey, askForKey } from "./key.js";

/** What the service says is wrong: a problem document (RFC 9457). */
export class Problem extends Error {
  constructor(document, retryAfterS) {
    super(document.detail ?? document.title);
    this.status = document.status;
    this.type = document.type;
    this.title = document.title;
    /** Each with `field`, a path with dots, and `detail`. */
    this.errors = document.errors ?? [];
    this.retryAfterS = retryAfterS;
  }
}

/** The service cannot be reached. */
export class Offline extends Error {
  constructor() {
    super("The service cannot be reached. It may be restarting, or the network is gone.");
  }
}

/** Tells "offline" and "online" as it is found out. */
export const reach = new EventTarget();

/** The address of something below the service, wherever that is mounted. */
export const address = (path) => new URL(path, document.baseURI.split("#")[0]).href;

/**
 * Ask the service.
 *
 * @param {string} path as in "v1/jobs", without a slash in front.
 * @param {object} options as of fetch; `json` is a document to send.
 * @returns {Promise<Response>} an answer that is no error.
 * @throws {Problem|Offline} or an AbortError of its signal.
 */
export async function ask(path, { json, headers = {}, ...options } = {}) {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  for (;;) {
    const key = apiKey();
    const credentials = key ? { Authorization: `Bearer ${key}` } : {};
    const response = await sent(path, {
      ...options, ...body, headers: { ...type, ...credentials, ...headers },
    });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.status !== 401) throw problem;
    // Another request may have got a new key meanwhile.
    if (apiKey() === key && !(await askForKey(problem.message))) throw problem;
  }
}

/** The document at a path. */
export const get = async (path, options) => (await ask(path, options)).json();

/** Send a document, or nothing, and get one. */
export const post = async (path, json, options = {}) =>
  (await ask(path, { method: "POST", json, ...options })).json();

async function sent(path, options) {
  try {
    const response = await fetch(address(path), { credentials: "omit", ...options });
    reach.dispatchEvent(new Event("online"));
    return response;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    reach.dispatchEvent(new Event("offline"));
    throw new Offline();
  }
}

async function problemOf(response) {
  const retryAfterS = Number(response.headers.get("Retry-After")) || null;
  try {
    return new Problem(await response.json(), retryAfterS);
  } catch {
    const title = `The service answered with status ${response.status}`;
    return new Problem({ status: response.status, title, detail: title }, retryAfterS);
  }
}

/**
 * Sends files. The same file goes to the same address under the same key until it has been answered, so that a
 * connection that broke off makes nothing twice.
 *
 * @returns {(path: string, body: Blob, type: string, signal: AbortSignal) => Promise<object>} the answer.
 */
export function sender() {
  let last = null;
  return async (path, body, type, signal) => {
    if (last?.path !== path || last.body !== body) last = { path, body, key: newKey() };
    const headers = { "Content-Type": type, "Idempotency-Key": last.key };
    const response = await ask(path, { method: "POST", body, headers, signal });
    last = null;
    return response.json();
  };
}

/**
 * A key by which the service knows that what it is sent twice is meant once.
 *
 * randomUUID is not there on pages that came without encryption from another machine.
 */
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The address with parameters; those that are null, undefined or empty are left out. */
export function withQuery(path, parameters) {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    [value].flat().filter((each) => each !== null && each !== undefined && each !== "")
      .map((each) => [name, each]));
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
