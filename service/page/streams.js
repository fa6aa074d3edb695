/** What the service tells little by little: a job's events, and lines of JSON. */

import { Offline, ask } from "./api.js";

const FINAL = new Set(["succeeded", "failed", "cancelled"]);
/** Seconds before a lost stream is asked for again. */
const WAITS_S = [0.5, 1, 2, 5];

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
      const lost = error instanceof Offline || error instanceof TypeError || error.status === 503;
      if (!lost) throw error;
      onConnection(false);
    }
    await pause(WAITS_S[Math.min(failures, WAITS_S.length - 1)], signal);
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
    const timer = setTimeout(done, s * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(signal.reason);
    }, { once: true });
  });
}
