import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Every table with a column `sealed` under the master key, and by what name each row is sealed. What is not here is lost with the key. */
export const sealedTables = [
  { table: 'signing_secret', rowName: sql<string>`id::text` },
  { table: 'key_import', rowName: sql<string>`id::text` },
  { table: 'webhook_secret', rowName: sql<string>`id::text` },
  { table: 'idempotent_answer', rowName: sql<string>`actor_id::text || ' ' || key` },
] as const;

type SealedTable = (typeof sealedTables)[number];

const rowsAtOnce = 500;

/** Nobody else seals anything until the transaction ends. */
export async function lockSealed(transaction: Database): Promise<void> {
  const tables = sealedTables.map(({ table }) => sql.table(table));
  await sql`lock table ${sql.join(tables)} in exclusive mode`.execute(transaction);
}

/** Writes each sealed text of a table anew; answers how many. The cursor sees the rows as they were, so none is met twice. */
export async function rewriteSealed(
  transaction: Database,
  { table, rowName }: SealedTable,
  reseal: (sealed: Buffer, rowName: string) => Buffer,
): Promise<number> {
  const of = sql.table(table);
  await sql`
    declare sealed_rows no scroll cursor for
    select ctid::text as place, ${rowName} as name, encode(sealed, 'hex') as hex from ${of}
    where sealed is not null`.execute(transaction);
  let rewritten = 0;
  for (;;) {
    const next = sql<{ place: string; name: string; hex: string }>`fetch ${sql.lit(rowsAtOnce)} from sealed_rows`;
    const { rows } = await next.execute(transaction);
    if (rows.length === 0) break;
    const fresh = rows.map(({ name, hex }) => reseal(Buffer.from(hex, 'hex'), name).toString('hex'));
    await sql`
      update ${of} as row set sealed = decode(fresh.hex, 'hex')
      from unnest(${rows.map(({ place }) => place)}::text[], ${fresh}::text[]) as fresh (place, hex)
      where row.ctid = fresh.place::tid`.execute(transaction);
    rewritten += rows.length;
  }
  await sql`close sealed_rows`.execute(transaction);
  return rewritten;
}
