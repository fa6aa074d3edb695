/** Work that shows, done once however often it is asked for between two pictures of the screen. */

/**
 * A function that has the work done before the next picture.
 *
 * @param {() => void} work
 * @param {AbortSignal} [signal] after it nothing is done.
 */
export function perFrame(work, signal = null) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      if (!signal?.aborted) work();
    });
  };
}
