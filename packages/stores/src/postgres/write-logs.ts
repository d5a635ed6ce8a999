import type { ValidationEvent } from '@keyward/contract/validation-event';
import { parseIp, printIp } from '@keyward/decision/ip-address';
import { endpointFor } from '../usage-counts.ts';
import { copyLine } from './copy-text.ts';
import type { LogPolicies, LogPolicy } from './log-policies.ts';
import type { Session } from './sessions.ts';

interface LogWriting {
  decisions: readonly ValidationEvent[];
  policies: LogPolicies;
  /** Lines of decisions before it would be dropped at once. */
  sinceMs: number;
}

const columns = `decided_at, event_id, environment_id, client_id, key_id, verdict, endpoint, method_path, name, ip, user_agent,
  duration_us, cost, degraded, tracked`;

/**
 * Writes the lines that the environments want, without what they leave out. Called once the transaction has written
 * something: see erase-personal.ts.
 */
export async function writeLogs(session: Session, { decisions, policies, sinceMs }: LogWriting): Promise<void> {
  const policyOf = await policies.read(session, new Set(decisions.map((decision) => decision.environmentId)));
  const logged = decisions.filter((decision) => {
    const { requestLogs } = policyOf(decision.environmentId);
    const isWanted = requestLogs === 'all' || (requestLogs === 'refusals' && decision.verdict !== 'ALLOWED');
    return isWanted && decision.decidedAtMs >= sinceMs;
  });
  if (logged.length === 0) return;
  const deleted = await findDeleted(session, logged);
  let lines = '';
  for (const decision of logged)
    lines += lineOf(decision, {
      policy: policyOf(decision.environmentId),
      isDeleted: deleted.has(decision.clientId) || deleted.has(decision.keyId),
    });
  await session.copy(`request_log (${columns})`, lines);
}

function lineOf(event: ValidationEvent, { policy, isDeleted }: { policy: LogPolicy; isDeleted: boolean }): string {
  const leftOut = policy.requestLogRedaction;
  const personal = <T>(field: (typeof leftOut)[number], value: T | undefined) =>
    isDeleted || leftOut.includes(field) ? null : (value ?? null);
  return copyLine([
    new Date(event.decidedAtMs).toISOString(),
    event.id,
    event.environmentId,
    event.clientId,
    event.keyId,
    event.verdict,
    endpointFor(event),
    leftOut.includes('path') ? null : event.methodPath,
    personal('name', event.name),
    personal('ip', readableIp(event.ip)),
    personal('userAgent', event.userAgent),
    event.durationUs,
    event.cost ?? 1,
    event.degraded ?? false,
    !event.untracked,
  ]);
}

/** As Postgres takes it; a text that is no address is not worth the event that it came with. */
function readableIp(ip: string | undefined): string | undefined {
  const address = ip === undefined ? undefined : parseIp(ip);
  return address === undefined ? undefined : printIp(address);
}

/** The ids of clients and keys that were deleted. */
async function findDeleted(session: Session, logged: readonly ValidationEvent[]): Promise<Set<string>> {
  const rows = await session.query<{ id: string }>(
    `select client_id as id from erasure where client_id = any($1::uuid[])
      union select client_id from tombstone where client_id = any($1::uuid[])
        and not exists (select from client where client.id = tombstone.client_id)
      union select deleted_client_id from tenant where deleted_client_id = any($1::uuid[])
      union select client_id from erasure_receipt where client_id = any($1::uuid[]) and key_id is null
      union select key_id from tombstone where key_id = any($2::uuid[])`,
    [[...new Set(logged.map(({ clientId }) => clientId))], [...new Set(logged.map(({ keyId }) => keyId))]],
  );
  return new Set(rows.map(({ id }) => id));
}
