import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { asOnlyReplica } from './as-only-replica.ts';
import { addToReceipt, type DueErasure } from './due-erasures.ts';

const rowsAtOnce = 100;
/** What an event says beyond its counts; the key states the client's name. */
const personal: readonly string[] = ['ip', 'userAgent', 'name', 'signedKey'];

interface DeadRow {
  id: string;
  value: Uint8Array;
}

/**
 * Takes everything personal out of the events of a client, or of one key, that could not be counted, in bounded steps; what is left can be
 * counted as before. Answers whether all of them are done: else another replica is at it.
 */
export async function eraseDeadLetters(db: Database, erasure: DueErasure, signal: AbortSignal): Promise<boolean> {
  for (let after: string | undefined; !signal.aborted; ) {
    const rows = await eraseSome(db, erasure, after);
    if (rows === undefined) return false;
    if (rows.length < rowsAtOnce) return true;
    after = rows.at(-1)?.id;
  }
  return false;
}

/** By the text of the id: of an event that nobody can read it is not known whose it is. */
function eraseSome(db: Database, erasure: DueErasure, after: string | undefined): Promise<DeadRow[] | undefined> {
  const id = erasure.keyId ?? erasure.clientId;
  return asOnlyReplica(db, async (transaction) => {
    const { rows } = await sql<DeadRow>`
      select id, value from event_dead
      where position(convert_to(${id}::text, 'UTF8') in value) > 0 and (${after ?? null}::uuid is null or id > ${after ?? null}::uuid)
      order by id limit ${rowsAtOnce} for update`.execute(transaction);
    let deadLetters = 0;
    for (const row of rows) {
      const before = Buffer.from(row.value);
      const value = withoutPersonal(before, erasure);
      if (value.equals(before)) continue;
      deadLetters += 1;
      await transaction.updateTable('event_dead').set({ value }).where('id', '=', row.id).execute();
    }
    await addToReceipt(transaction, erasure, { deadLetters });
    return rows;
  });
}

/** What is no JSON can never be counted, so nothing of it is worth keeping. */
function withoutPersonal(value: Buffer, { clientId, keyId }: DueErasure): Buffer {
  const event = parse(value.toString('utf8'));
  if (event === undefined) return Buffer.alloc(0);
  if (event.clientId !== clientId || (keyId !== null && event.keyId !== keyId)) return value;
  return Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(event).filter(([name]) => !personal.includes(name)))),
  );
}

function parse(text: string): { clientId?: unknown; keyId?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
