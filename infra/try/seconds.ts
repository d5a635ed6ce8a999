/** How long it is since then, as text. */
export const seconds = (startedAtMs: number) => `${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`;
