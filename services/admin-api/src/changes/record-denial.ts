import type { Route } from '@keyward/contract/routes/route';
import { AppError } from '@keyward/kit/app-error';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import type { Administration } from '../administration.ts';
import type { AccountChangeCall, ChangeCall } from './make-change.ts';

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

/** The same of what is nobody's but theirs: each organization that they belong to has it in its audit. */
export async function recordDenials(
  administration: Administration,
  { organizationIds, ...call }: AccountChangeCall,
  route: Route,
): Promise<void> {
  for (const organizationId of organizationIds) await recordDenial(administration, { ...call, organizationId }, route);
}

/** For what came to an error: records that somebody tried to change what they may not, if it says so, and throws it again. */
export function recordingDenials(
  administration: Administration,
  call: AccountChangeCall,
  route: Route,
): (error: unknown) => Promise<never> {
  return async (error) => {
    const isDenied = error instanceof AppError && error.code === 'FORBIDDEN';
    if (isDenied && route.method !== 'GET') await recordDenials(administration, call, route);
    throw error;
  };
}
