import { appendAudit } from '@keyward/stores/postgres/append-audit';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { writeWebhookEvents } from '@keyward/stores/postgres/webhook-events';
import type { Idempotency } from '../access/call.ts';
import type { Administration } from '../administration.ts';
import { pending } from '../projection/pending.ts';
import type { Propagation } from '../projection/projector.ts';
import { newWebhookEvent } from '../webhooks/new-webhook-event.ts';
import { answeredBefore, keepAnswerOf } from './answered-before.ts';
import type { Author } from './author.ts';
import { Change } from './change.ts';
import type { Outcome } from './outcome.ts';

/** Whose change it is, and where. */
export interface ChangeCall {
  organizationId: string;
  author: Author;
  requestId: string;
  idempotency?: Idempotency | undefined;
  /** The entity tags of `If-Match`, as they were sent. */
  ifMatch?: string | undefined;
}

export interface EnvironmentChangeCall extends ChangeCall {
  environment: EnvironmentRow;
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
  const { db, projector, clock } = administration;
  const { organizationId, author, requestId } = call;
  const now = new Date(clock.nowMs());
  const { outcome, notes } = await inTransaction(db, async (transaction) => {
    const before = await answeredBefore<T>(administration, { transaction, call, now });
    if (before) return before;
    const change = new Change({ transaction, organizationId, now, projector });
    const made = await work(change);
    await keepAnswerOf(administration, { transaction, call, outcome: made, notes: change.notes });
    const events = change.events.map((event) => newWebhookEvent(event, now));
    await writeWebhookEvents(transaction, events, now);
    await appendAudit(transaction, { organizationId, actor: author, requestId, at: now, records: change.records });
    return { outcome: made, notes: change.notes };
  });
  return { ...outcome, body: withPropagation(outcome.body, await projector.publish(notes)) };
}

/** Of a list, each item says it. */
function withPropagation<T extends object>(body: T, propagation: Propagation): T {
  const said = pending(propagation);
  if (Array.isArray(body)) return body.map((item) => ({ ...item, ...said })) as unknown as T; // a list of the same items
  return { ...body, ...said };
}
