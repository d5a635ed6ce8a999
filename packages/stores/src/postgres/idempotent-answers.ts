import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { IdempotentAnswerTable } from './schema-management.ts';

export type IdempotentAnswer = Selectable<IdempotentAnswerTable>;

interface Taking {
  actorId: string;
  key: string;
  fingerprint: Buffer;
  now: Date;
  /** Older ones are forgotten. */
  since: Date;
}

/**
 * Takes the key for the transaction's own answer; or answers what was answered to it before. While another transaction has taken it,
 * this waits for its end.
 */
export async function takeIdempotencyKey(
  transaction: Database,
  { actorId, key, fingerprint, now, since }: Taking,
): Promise<IdempotentAnswer | undefined> {
  const fresh = { fingerprint, status: null, sealed: null, owner_id: null, created_at: now };
  const taken = await transaction
    .insertInto('idempotent_answer')
    .values({ actor_id: actorId, key, ...fresh })
    .onConflict((conflict) =>
      conflict
        .columns(['actor_id', 'key'])
        .doUpdateSet({ ...fresh, notes: [], subject_ids: [] })
        .where('idempotent_answer.created_at', '<', since),
    )
    .returning('key')
    .executeTakeFirst();
  if (taken) return undefined;
  return transaction
    .selectFrom('idempotent_answer')
    .selectAll()
    .where('actor_id', '=', actorId)
    .where('key', '=', key)
    .executeTakeFirst();
}

interface Keeping {
  actorId: string;
  key: string;
  status: number;
  sealed: Buffer;
  notes: string[];
  ownerId: string | null;
  subjectIds: string[];
}

export async function keepAnswer(
  transaction: Database,
  { actorId, key, status, sealed, notes, ownerId, subjectIds }: Keeping,
): Promise<void> {
  await transaction
    .updateTable('idempotent_answer')
    .set({ status, sealed, notes, owner_id: ownerId, subject_ids: subjectIds })
    .where('actor_id', '=', actorId)
    .where('key', '=', key)
    .execute();
}

interface Erasing {
  ownerId: string;
  subjectIds: readonly string[];
}

/**
 * Erases what was answered of these subjects, with raw keys, names and metadata. That it was answered stays, so that a repetition
 * does not make anew what was deleted.
 */
export async function eraseAnswers(transaction: Database, { ownerId, subjectIds }: Erasing): Promise<void> {
  await transaction
    .updateTable('idempotent_answer')
    .set({ sealed: null, subject_ids: [] })
    .where('owner_id', '=', ownerId)
    .where(sql<boolean>`subject_ids && ${subjectIds}::uuid[]`)
    .execute();
}

/** The same of what several organizations may have been answered. */
export async function eraseAnswersAbout(transaction: Database, subjectIds: readonly string[]): Promise<void> {
  await transaction
    .updateTable('idempotent_answer')
    .set({ sealed: null, subject_ids: [] })
    .where(sql<boolean>`subject_ids && ${subjectIds}::uuid[]`)
    .execute();
}

/** The same of all that an organization, or a person, had. */
export async function eraseAnswersOf(transaction: Database, ownerId: string): Promise<void> {
  await transaction
    .updateTable('idempotent_answer')
    .set({ sealed: null, subject_ids: [] })
    .where('owner_id', '=', ownerId)
    .execute();
}

const rowsAtOnce = 1_000;

/** Deletes answers that were given before this, a bounded number at once; answers how many went. */
export async function forgetAnswers(db: Database, before: Date): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from idempotent_answer where ctid = any(array(
      select ctid from idempotent_answer where created_at < ${before} order by created_at limit ${rowsAtOnce}
      for update skip locked
    ))`.execute(db);
  return Number(numAffectedRows);
}
