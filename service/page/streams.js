/** What the service tells little by little: a job's events, and lines of JSON. */

import { Offline, Problem, ask } from "./api.js";

const FINAL = new Set(["succeeded", "failed", "cancelled", "completed"]);
const WAITS_S = [0.5, 1, 2, 5];

/** Seconds before a lost stream is asked for again, by how often that was in vain. */
export const waitS = (failures) => WAITS_S[Math.min(failures, WAITS_S.length - 1)];

/** Whether an error says that the service is away, or has no time, for now. */
export const isPassing = (error) =>
  error instanceof Offline || error instanceof TypeError || error.status === 503 || error.status === 429;

/** Whether a job or batch with this status has ended. */
export const hasEnded = (status) => FINAL.has(status);

/**
 * Follow a job to its end; a lost connection goes on behind the last event seen.
 *
 * EventSource cannot send a key, hence fetch.
 *
 * @param {string} jobId
 * @param {AbortSignal} signal ends it.
 * @param {(connected: boolean) => void} onConnection told of loss and return.
 * @yields {object} the data of each event: status, phase, progress, ...
 */
export async function* follow(jobId, signal, onConnection = () => {}) {
  let last = null;
  let failures = 0;
  for (;;) {
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const response = await ask(`v1/jobs/${jobId}/events`, { headers, signal });
      if (response.status === 204) return;
      onConnection(true);
      for await (const event of events(response)) {
        failures = 0;
        last = event.id ?? last;
        yield event.data;
        if (hasEnded(event.data.status)) return;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      onConnection(false);
    }
    await pause(waitS(failures), signal);
    failures += 1;
  }
}

async function* events(response) {
  let event = {};
  for await (const line of lines(response)) {
    if (line === "") {
      if (event.data !== undefined) yield { id: event.id, data: JSON.parse(event.data) };
      event = {};
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
    else if (field === "id") event.id = value;
  }
}

/** The lines of an answer, as they come. */
export async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const parts = (rest + value).split(/\r?\n/);
      rest = parts.pop();
      yield* parts;
    }
    if (rest) yield rest;
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Wait, unless it is over before. */
export function pause(s, signal) {
  return new Promise((done, failed) => {
    const over = () => {
      clearTimeout(timer);
      failed(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", over);
      done();
    }, s * 1000);
    signal?.addEventListener("abort", over, { once: true });
  });
}

/**
 * Do something again and again while somebody looks, until a signal ends it.
 *
 * What is away for now is tried again; any other error ends it, since asking again would not help.
 *
 * @param {number} s seconds in between.
 * @param {AbortSignal} signal
 * @param {() => Promise<boolean|void>} work false when there is nothing more to do.
 */
export async function regularly(s, signal, work) {
  try {
    for (;;) {
      await pause(s, signal);
      if (document.hidden) continue;
      try {
        if ((await work()) === false) return;
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
    }
  } catch (error) {
    if (!signal.aborted && !(error instanceof Problem)) throw error;
  }
}
