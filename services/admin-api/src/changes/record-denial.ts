import type { Route } from '@keyward/contract/routes/route';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import type { Administration } from '../administration.ts';
import type { ChangeCall } from './make-change.ts';

/** That somebody tried what they may not. */
export async function recordDenial(
  { db, clock }: Administration,
  { organizationId, author, requestId }: ChangeCall,
  { method, url }: Route,
): Promise<void> {
  const subject = { kind: 'route', id: `${method} ${url}` };
  const record = { action: 'call.denied', outcome: 'denied', subject, environmentId: null, diff: null } as const;
  const at = new Date(clock.nowMs());
  await inTransaction(db, (transaction) =>
    appendAudit(transaction, { organizationId, actor: author, requestId, at, records: [record] }),
  );
}
