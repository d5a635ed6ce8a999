/**
 * Transactions for those who write much at once: plain statements and COPY on one connection, which Kysely cannot give. The
 * names of values are $1, $2, … as Postgres has them.
 */
export interface Sessions {
  /** Commits when `work` resolves and rolls back when it rejects, with its reason. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

export interface Session {
  query<Row = unknown>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** @param target a table with its columns. @param lines rows in COPY's text format (copy-text.ts). */
  copy(target: string, lines: string): Promise<void>;
}
