import type { Database } from '@keyward/stores/postgres/database';

/** Every row of every table, as text; bytes in hex. */
export async function readAllPostgres(db: Database): Promise<string> {
  const tables = await ask(db, `select quote_ident(tablename) as text from pg_tables where schemaname = 'public'`);
  const rows = tables.map((table) => ask(db, `select row_to_json(t)::text as text from ${table} t`));
  return (await Promise.all(rows)).flat().join('\n');
}

async function ask(db: Database, statement: string): Promise<string[]> {
  const query = { kind: 'RawNode', sqlFragments: [statement], parameters: [] } as const;
  const { rows } = await db.executeQuery<{ text: string }>({
    query,
    queryId: { queryId: statement },
    sql: statement,
    parameters: [],
  });
  return rows.map(({ text }) => text);
}
