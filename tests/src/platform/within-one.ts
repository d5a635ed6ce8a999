const shownUntil = { hour: 13, day: 10 } as const;

/** Runs `work` within one hour or day, UTC: what crosses the edge is done again. */
export async function withinOne(window: keyof typeof shownUntil, work: () => Promise<void>): Promise<void> {
  const current = () => new Date().toISOString().slice(0, shownUntil[window]);
  for (;;) {
    const before = current();
    try {
      return await work();
    } catch (error) {
      if (current() === before) throw error;
    }
  }
}
