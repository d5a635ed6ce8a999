import type {
  DeadLetter,
  listDeadLetters as listRoute,
  replayDeadLetters as replayAllRoute,
  replayDeadLetter as replayOneRoute,
} from '@keyward/contract/routes/dead-letter';
import { AppError } from '@keyward/kit/app-error';
import {
  type DeadLetterRow,
  type DeadLetterScope,
  listDeadLetters,
  requestReplay,
  requestReplays,
} from '@keyward/stores/postgres/dead-letters';
import { inEnvironmentOrNone, type OrganizationCall } from '../access/admit.ts';
import type { IncomingCall } from '../access/call.ts';
import type { Administration } from '../administration.ts';
import { makeChange } from '../changes/make-change.ts';
import type { Outcome } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';

type DeadLetterRoute = typeof listRoute | typeof replayOneRoute | typeof replayAllRoute;
type DeadLetterCall = OrganizationCall & { scope: DeadLetterScope };

/**
 * Whose dead letters a call is about. What belongs to no environment that is known, because nobody could read it, may hold anybody's:
 * that is the operator's to see.
 */
export async function deadLetterCall(
  administration: Administration,
  request: IncomingCall,
  route: DeadLetterRoute,
): Promise<DeadLetterCall> {
  const call = await inEnvironmentOrNone(administration, request, route);
  return { ...call, scope: call.environment ? { environmentId: call.environment.id } : 'no environment' };
}

interface ListOptions {
  scope: DeadLetterScope;
  page: number;
  limit: number;
}

export async function readDeadLetters(
  { db }: Administration,
  { scope, page, limit }: ListOptions,
): Promise<Paged<DeadLetter>> {
  const { total, rows } = await listDeadLetters(db, { scope, limit, offset: (page - 1) * limit });
  return paged({ data: rows.map(viewDeadLetter), total, page, limit });
}

/** Has ingest try an event again. */
export async function replayDeadLetter(
  administration: Administration,
  call: DeadLetterCall,
  id: string,
): Promise<Outcome<DeadLetter>> {
  return makeChange(administration, call, async (change) => {
    const row = await requestReplay(change.transaction, { scope: call.scope, id, now: change.now });
    if (!row) throw new AppError('NOT_FOUND', 'There is no such dead letter.');
    change.record({ action: 'dead-letter.replay', subject: { kind: 'dead-letter', id: row.id } });
    return { status: 202, body: viewDeadLetter(row) };
  });
}

export async function replayDeadLetters(
  administration: Administration,
  call: DeadLetterCall,
): Promise<Outcome<{ requested: number }>> {
  return makeChange(administration, call, async (change) => {
    const requested = await requestReplays(change.transaction, { scope: call.scope, now: change.now });
    const subject = { kind: 'organization', id: call.organizationId };
    change.record({ action: 'dead-letter.replay-all', subject, after: { requested } });
    return { status: 202, body: { requested } };
  });
}

function viewDeadLetter(row: DeadLetterRow): DeadLetter {
  const beginning = Buffer.from(row.beginning);
  const cut = beginning.length < row.sizeBytes;
  const data = cut ? null : parse(beginning);
  return {
    id: row.id,
    createdAt: row.created_at.toISOString(),
    type: row.type,
    reason: row.reason,
    attempts: row.attempts,
    eventId: row.event_id,
    replayAt: row.replay_at?.toISOString() ?? null,
    sizeBytes: row.sizeBytes,
    data,
    text: data === null ? beginning.toString('utf8') : null,
    cut,
  };
}

/** null for what is not JSON, and for a lone `null`, which tells no more. A key's digest is for nobody to see. */
function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'), (name, member) => (name === 'digest' ? undefined : member));
  } catch {
    return null;
  }
}
