/** Unix ms: what comes later has five digits of year, which no text of a time that we read or answer has. */
export const lastMomentMs = Date.UTC(10_000, 0) - 1;
