import closeWithGrace from 'close-with-grace';

const stopSignals = ['SIGINT', 'SIGTERM'] as const;
/** A terminal and a launcher may each pass on the same Ctrl-C; what comes this close together is one, ms. */
const sameSignalMs = 1_000;
/** How long stopping may take beyond the drain; whoever stops processes waits longer. */
export const stopPatienceMs = 20_000;

/**
 * Stops the process in an orderly way on SIGINT, SIGTERM, or an error that nothing caught: exit code 0, after an error
 * 1, and 1 when stopping takes longer than 20 s beyond `drainMs`. A second signal, later than a second, ends it at once.
 */
export function stopOnSignal(
  stop: (error: Error | undefined) => Promise<void>,
  { drainMs = 0 }: { drainMs?: number } = {},
): void {
  const delay = drainMs + stopPatienceMs;
  const { close } = closeWithGrace({ delay, skip: [...stopSignals, 'beforeExit'] }, ({ err }) => stop(err));
  let askedMs: number | undefined;
  for (const signal of stopSignals) {
    process.on(signal, () => {
      if (askedMs === undefined) {
        askedMs = performance.now();
        close();
      } else if (performance.now() - askedMs > sameSignalMs) process.exit(1);
    });
  }
}
