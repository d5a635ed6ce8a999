import { newId } from '@keyward/kit/random';
import { type DueKey, insertRotations, listDueKeys } from '@keyward/stores/postgres/key-rotations';
import type { Administration } from '../administration.ts';
import { system } from '../changes/author.ts';
import { makeChange } from '../changes/make-change.ts';
import { done } from '../changes/outcome.ts';

const keysAtOnce = 500;

/**
 * Notes for which keys a successor is due, so that it can be claimed (wire.md §4); in any number of processes, since each key is noted
 * once. Answers whether there may be more.
 */
export async function noteDueRotations(administration: Administration): Promise<'done' | 'more'> {
  const { db, clock } = administration;
  const due = await listDueKeys(db, new Date(clock.nowMs()), keysAtOnce);
  for (const [organizationId, keys] of Map.groupBy(due, (key) => key.organization_id))
    await noteOf(administration, organizationId, keys);
  return due.length < keysAtOnce ? 'done' : 'more';
}

async function noteOf(administration: Administration, organizationId: string, keys: readonly DueKey[]): Promise<void> {
  const call = { organizationId, author: system, requestId: newId() };
  await makeChange(administration, call, async (change) => {
    const rows = keys.map((key) => ({
      id: newId(),
      organization_id: organizationId,
      environment_id: key.environment_id,
      client_id: key.client_id,
      key_id: key.id,
      created_at: change.now,
    }));
    const endsAt = new Map(keys.map((key) => [key.id, key.ends_at]));
    for (const row of await insertRotations(change.transaction, rows)) {
      const { id: rotationId, environment_id: environmentId, client_id: clientId, key_id: keyId } = row;
      const expiresAt = (endsAt.get(keyId) ?? change.now).toISOString();
      const subject = { kind: 'rotation', id: rotationId };
      change.record({ action: 'rotation.create', subject, environmentId, after: { keyId, expiresAt } });
      const data = { clientId, keyId, expiresAt, rotationId };
      change.emit({ type: 'key.rotation_due', environmentId, data });
    }
    return done({});
  });
}
