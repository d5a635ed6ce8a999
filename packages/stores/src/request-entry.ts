/** How long a request is remembered, beyond which it is refused by its timestamp (design.md §2.5). */
export const entryTtl = {
  /** An envelope: until its timestamp is this far in the past, ms; a plain body has nothing that could come twice. */
  afterTimestampMs: 305_000,
  /** At least this long, so that a gateway's retry finds the first answer, ms. */
  atLeastMs: 60_000,
  /** At most this long, however far in the future the timestamp claims to be, ms. */
  atMostMs: 605_000,
} as const;
