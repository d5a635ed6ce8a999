import { Id } from '@keyward/contract/fields';
import { newId } from '@keyward/kit/random';
import { compileValidator } from '@keyward/kit/validation';
import type { BuriedEntry } from '../ports/outbox-accounts.ts';
import type { Database } from './database.ts';

/** Keeps entries of the outboxes that the event log will never take; one that is kept already stays as it is. */
export async function keepBuried(db: Database, entries: readonly BuriedEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += rowsAtOnce) {
    await db
      .insertInto('event_dead')
      .values(entries.slice(at, at + rowsAtOnce).map(rowOf))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** A statement takes 65,535 values. */
const rowsAtOnce = 1_000;

function rowOf({ shard, incarnation, position, type, value, reason }: BuriedEntry) {
  return { id: newId(), shard, incarnation, position, type, reason, value: Buffer.from(value), ...idsIn(value) };
}

const uuid = compileValidator(Id);

/** What can be read of them; they say whose event it is. */
function idsIn(value: string): { event_id: string | null; environment_id: string | null } {
  const { id, environmentId } = parse(value);
  return { event_id: uuidOrNull(id), environment_id: uuidOrNull(environmentId) };
}

function parse(value: string): { id?: unknown; environmentId?: unknown } {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function uuidOrNull(text: unknown): string | null {
  return uuid.check(text) ? text.toLowerCase() : null;
}
