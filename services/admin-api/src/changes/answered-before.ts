import { AppError } from '@keyward/kit/app-error';
import type { AuditRecord } from '@keyward/stores/postgres/append-audit';
import type { Database } from '@keyward/stores/postgres/database';
import { keepAnswer, takeIdempotencyKey } from '@keyward/stores/postgres/idempotent-answers';
import { readConfigChanges } from '@keyward/stores/postgres/projection-source';
import type { Administration } from '../administration.ts';
import type { ConfigNote } from '../projection/projector.ts';
import { answerSubjects } from './answer-subjects.ts';
import type { AccountChangeCall } from './make-change.ts';
import type { Outcome } from './outcome.ts';

/** How long a repetition is known, ms (design.md §9). */
export const rememberedMs = 86_400_000;

interface Asking {
  transaction: Database;
  call: Pick<AccountChangeCall, 'author' | 'idempotency'>;
  now: Date;
}

/**
 * What the same call was answered before, with what the validators may not have heard of it yet; undefined: it is made for the first
 * time, or has no `Idempotency-Key`. Throws NOT_FOUND when what the answer told of was deleted: it is not made anew.
 */
export async function answeredBefore<T>(
  { secrets }: Administration,
  { transaction, call, now }: Asking,
): Promise<{ outcome: Outcome<T>; notes: ConfigNote[] } | undefined> {
  const { author, idempotency } = call;
  if (!idempotency || author.id === null) return undefined;
  const { key, fingerprint } = idempotency;
  const since = new Date(now.getTime() - rememberedMs);
  const found = await takeIdempotencyKey(transaction, { actorId: author.id, key, fingerprint, now, since });
  if (!found) return undefined;
  if (!fingerprint.equals(found.fingerprint))
    throw new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request; take a new one.');
  if (!found.sealed)
    throw new AppError('NOT_FOUND', 'This call was made before, and what it was about has been deleted since.');
  const answer = secrets.open(Buffer.from(found.sealed), rowName(author.id, key));
  const outcome = JSON.parse(answer) as Outcome<T>; // kept below, by the same route: its URL is in the fingerprint
  return { outcome, notes: await readConfigChanges(transaction, found.notes) };
}

interface Keeping {
  transaction: Database;
  call: Pick<AccountChangeCall, 'author' | 'idempotency'>;
  outcome: Outcome<object>;
  notes: readonly ConfigNote[];
  records: readonly AuditRecord[];
  ownerId: string | null;
}

export async function keepAnswerOf(
  { secrets }: Administration,
  { transaction, call, outcome, notes, records, ownerId }: Keeping,
): Promise<void> {
  const { author, idempotency } = call;
  if (!idempotency || author.id === null) return;
  const { key } = idempotency;
  await keepAnswer(transaction, {
    actorId: author.id,
    key,
    status: outcome.status,
    sealed: secrets.seal(JSON.stringify(outcome), rowName(author.id, key)),
    notes: notes.map(({ id }) => id),
    ownerId,
    subjectIds: answerSubjects({ body: outcome.body, records }),
  });
}

function rowName(actorId: string, key: string): string {
  return `${actorId} ${key}`;
}
