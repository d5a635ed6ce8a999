import type { Erasure } from '@keyward/contract/routes/erasure';
import { AppError } from '@keyward/kit/app-error';
import { findErasure } from '@keyward/stores/postgres/erasures';
import type { Administration } from '../administration.ts';

export async function readErasure({ db }: Administration, environment: { id: string }, id: string): Promise<Erasure> {
  const row = await findErasure(db, environment.id, id);
  if (!row) throw new AppError('NOT_FOUND', 'There is no such erasure.');
  return {
    id: row.id,
    clientId: row.client_id,
    keyId: row.key_id,
    requestedAt: row.requested_at.toISOString(),
    completedAt: row.completed_at?.toISOString() ?? null,
    counts: {
      auditRecords: row.audit_records,
      sightings: row.sightings,
      logLines: row.log_lines,
      deadLetters: row.dead_letters,
    },
  };
}
