import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Every column that holds digests under the pepper. What is not here goes dead with the next one: a test looks for it. */
export const pepperedColumns = [
  { table: 'account_key', column: 'digest' },
  { table: 'api_key', column: 'digest' },
  { table: 'idempotent_answer', column: 'fingerprint' },
  { table: 'invitation', column: 'digest' },
  { table: 'key_sighting', column: 'digest' },
  { table: 'server_key', column: 'digest' },
  { table: 'tombstone', column: 'digest' },
  { table: 'user_session', column: 'digest' },
  { table: 'user_session', column: 'previous_digest' },
] as const;

type PepperedColumn = (typeof pepperedColumns)[number];

const rowsAtOnce = 1_000;

/** What the peppers are recognised by that the digests here were made with, the first first; none: no other was put around it yet. */
export async function listPepperMarks(db: Database): Promise<Buffer[]> {
  const rows = await db.selectFrom('pepper_wrap').select('mark').orderBy('number').execute();
  return rows.map(({ mark }) => Buffer.from(mark));
}

export async function insertPepperMarks(
  db: Database,
  { first, marks, now }: { first: number; marks: readonly Buffer[]; now: Date },
): Promise<void> {
  const rows = marks.map((mark, i) => ({ number: first + i, mark, wrapped_at: now }));
  if (rows.length > 0) await db.insertInto('pepper_wrap').values(rows).execute();
}

/** Nobody else writes digests, or wraps them, until the transaction ends. */
export async function lockDigests(transaction: Database): Promise<void> {
  const tables = new Set(['pepper_wrap', ...pepperedColumns.map(({ table }) => table)]);
  await sql`lock table ${sql.join([...tables].map((table) => sql.table(table)))} in exclusive mode`.execute(
    transaction,
  );
}

/** Writes each digest of a column anew; answers how many. The cursor sees the rows as they were, so none is met twice. */
export async function rewriteDigests(
  transaction: Database,
  { table, column }: PepperedColumn,
  wrap: (digest: Buffer) => Buffer,
): Promise<number> {
  const [of, digest] = [sql.table(table), sql.ref(column)];
  await sql`
    declare digests no scroll cursor for
    select ctid::text as place, encode(${digest}, 'hex') as hex from ${of} where ${digest} is not null`.execute(
    transaction,
  );
  let rewritten = 0;
  for (;;) {
    const { rows } = await sql<{ place: string; hex: string }>`fetch ${sql.lit(rowsAtOnce)} from digests`.execute(
      transaction,
    );
    if (rows.length === 0) break;
    const fresh = rows.map(({ hex }) => wrap(Buffer.from(hex, 'hex')).toString('hex'));
    await sql`
      update ${of} as row set ${digest} = decode(fresh.hex, 'hex')
      from unnest(${rows.map(({ place }) => place)}::text[], ${fresh}::text[]) as fresh (place, hex)
      where row.ctid = fresh.place::tid`.execute(transaction);
    rewritten += rows.length;
  }
  await sql`close digests`.execute(transaction);
  return rewritten;
}
