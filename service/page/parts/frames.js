/** Work that shows, done once however often it is asked for between two pictures of the screen. */

/** A function that has the work done before the next picture. */
export function perFrame(work) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      work();
    });
  };
}
