import type { Route } from '@keyward/contract/routes/route';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import type { Database } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { writeWebhookEvents } from '@keyward/stores/postgres/webhook-events';
import type { Idempotency } from '../access/call.ts';
import type { Administration } from '../administration.ts';
import { pending } from '../projection/pending.ts';
import type { ConfigNote, Propagation } from '../projection/projector.ts';
import { newWebhookEvent } from '../webhooks/new-webhook-event.ts';
import { answeredBefore, keepAnswerOf } from './answered-before.ts';
import type { Author } from './author.ts';
import { AccountChange, Change } from './change.ts';
import type { Outcome } from './outcome.ts';
import { recordingDenials } from './record-denial.ts';

interface CallOfSomebody {
  author: Author;
  /** By which it was asked for; a refusal inside the change is recorded with it. */
  route?: Route | undefined;
  requestId: string;
  idempotency?: Idempotency | undefined;
  /** The entity tags of `If-Match`, as they were sent. */
  ifMatch?: string | undefined;
}

/** Whose change it is, and where. */
export interface ChangeCall extends CallOfSomebody {
  organizationId: string;
}

export interface EnvironmentChangeCall extends ChangeCall {
  environment: EnvironmentRow;
}

/** A change of what is a person's own. */
export interface AccountChangeCall extends CallOfSomebody {
  /** All that they belong to. */
  organizationIds: readonly string[];
}

/**
 * Every write goes this way: its rows, its audit records, what the validators and the webhooks have to hear, and the answer that a
 * repetition with the same `Idempotency-Key` gets, are one transaction. It is answered once no validator decides by the old state, or says
 * that this is pending. `work` may run several times (see inTransaction).
 */
export async function makeChange<T extends object>(
  administration: Administration,
  call: ChangeCall,
  work: (change: Change) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const { projector } = administration;
  const { organizationId } = call;
  const { outcome, notes } = await commit(
    administration,
    { call: { ...call, organizationIds: [organizationId] }, ownerId: organizationId },
    async (begin) => {
      const change = new Change({ ...begin, organizationId, projector });
      const outcome = await work(change);
      const events = change.events.map((event) => newWebhookEvent(event, change.now));
      await writeWebhookEvents(change.transaction, events, change.now);
      return { outcome, records: change.records, notes: change.notes };
    },
  );
  return { ...outcome, body: withPropagation(outcome.body, await projector.publish(notes)) };
}

/** The same for what is a person's own: each organization that they belong to has it in its audit. */
export async function changeAccount<T extends object>(
  administration: Administration,
  call: AccountChangeCall,
  work: (change: AccountChange) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const { outcome } = await commit(administration, { call, ownerId: call.author.id }, async (begin) => {
    const change = new AccountChange(begin);
    return { outcome: await work(change), records: change.records, notes: [] };
  });
  return outcome;
}

interface Begin {
  transaction: Database;
  now: Date;
}

interface Committing {
  call: AccountChangeCall;
  /** The organization or the person whose it is; null: Keyward's. */
  ownerId: string | null;
}

interface Made<T> extends Pick<Change, 'records' | 'notes'> {
  outcome: Outcome<T>;
}

async function commit<T extends object>(
  administration: Administration,
  { call, ownerId }: Committing,
  work: (begin: Begin) => Promise<Made<T>>,
): Promise<{ outcome: Outcome<T>; notes: ConfigNote[] }> {
  const { db, clock } = administration;
  const { author: actor, requestId, organizationIds, route } = call;
  const now = new Date(clock.nowMs());
  const committing = inTransaction(db, async (transaction) => {
    const before = await answeredBefore<T>(administration, { transaction, call, now });
    if (before) return before;
    const { outcome, notes, records } = await work({ transaction, now });
    await keepAnswerOf(administration, { transaction, call, ownerId, outcome, notes, records });
    // In the same order everywhere: each locks its chain.
    for (const organizationId of organizationIds.toSorted())
      await appendAudit(transaction, { organizationId, actor, requestId, at: now, records });
    return { outcome, notes };
  });
  return route === undefined ? committing : committing.catch(recordingDenials(administration, call, route));
}

/** Of a list, each item says it. */
function withPropagation<T extends object>(body: T, propagation: Propagation): T {
  const said = pending(propagation);
  if (Array.isArray(body)) return body.map((item) => ({ ...item, ...said })) as unknown as T; // a list of the same items
  return { ...body, ...said };
}
