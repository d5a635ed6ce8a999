interface Expiries {
  expires_at: Date | null;
  claimed_expires_at: Date | null;
}

/** When a key ends, Unix ms: by its row or by what the key itself states, the earlier of the two; undefined: never. */
export function keyExpiryMs({ expires_at, claimed_expires_at }: Expiries): number | undefined {
  const ends = [expires_at, claimed_expires_at].filter((date) => date !== null).map((date) => date.getTime());
  return ends.length > 0 ? Math.min(...ends) : undefined;
}
