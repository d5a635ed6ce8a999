import type { IncomingHttpHeaders } from 'node:http';
import type { DeadLetter } from '@keyward/contract/routes/dead-letter';
import { AppError } from '@keyward/kit/app-error';
import {
  type DeadLetterRow,
  type DeadLetterScope,
  listDeadLetters,
  requestReplay,
  requestReplays,
} from '@keyward/stores/postgres/dead-letters';
import { authenticate } from '../access/authenticate.ts';
import { requireOperator } from '../access/operator.ts';
import { type Access, environmentOf, requireAccount } from '../access/scope.ts';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';

interface Call {
  headers: IncomingHttpHeaders;
  query: { project_env?: string };
}

/**
 * Whose dead letters a call is about. What belongs to no environment that is known, because nobody could read it, may hold anybody's:
 * that is the operator's to see.
 */
export async function deadLetterScope(
  administration: Administration,
  { headers, query }: Call,
  access: Extract<Access, 'read' | 'administer'>,
): Promise<DeadLetterScope> {
  const actor = await authenticate(administration, headers);
  if (access === 'administer') requireAccount(actor);
  if (actor.kind === 'server-key' || query.project_env !== undefined) {
    const { id } = await environmentOf(administration, { actor, projectEnv: query.project_env, access });
    return { environmentId: id };
  }
  await requireOperator(administration, actor);
  return 'no environment';
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
  { db, clock }: Administration,
  scope: DeadLetterScope,
  id: string,
): Promise<DeadLetter> {
  const row = await requestReplay(db, { scope, id, now: new Date(clock.nowMs()) });
  if (!row) throw new AppError('NOT_FOUND', 'There is no such dead letter.');
  return viewDeadLetter(row);
}

export async function replayDeadLetters(
  { db, clock }: Administration,
  scope: DeadLetterScope,
): Promise<{ requested: number }> {
  return { requested: await requestReplays(db, { scope, now: new Date(clock.nowMs()) }) };
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
