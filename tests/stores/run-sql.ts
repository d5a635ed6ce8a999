import type { Database } from '@keyward/stores/postgres/database';

/** Runs a statement that no code of ours has a use for. */
export async function runSql(db: Database, statement: string): Promise<void> {
  const query = { kind: 'RawNode', sqlFragments: [statement], parameters: [] } as const;
  await db.executeQuery({ query, queryId: { queryId: statement }, sql: statement, parameters: [] });
}
