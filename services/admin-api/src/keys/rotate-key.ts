import { ManagedKey } from '@keyward/contract/routes/key';
import { listKeyRows } from '@keyward/stores/postgres/keys';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { signingSecretOf } from '../projects/signing-secret.ts';
import { keyRotated } from './key-rotated.ts';
import { viewKey } from './key-view.ts';
import { lockKey } from './locked-key.ts';
import { succeed } from './successor.ts';

interface RotateOptions {
  id: string;
  overlapSeconds: number;
  /** Of the new key. */
  expiresAt: string | null | undefined;
}

/** Makes a successor; the old key goes on for the overlap, and both use up the same limits. */
export async function rotateKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, overlapSeconds, expiresAt: asked }: RotateOptions,
): Promise<Outcome<ManagedKey>> {
  const { environment } = call;
  const check = new InputCheck();
  const expiresAt = check.futureTime('/expiresAt', asked, administration.clock.nowMs());
  check.done();
  return makeChange(administration, call, async (change) => {
    const { transaction } = change;
    const db = { ...administration, db: transaction };
    const secret = await signingSecretOf(db, environment);
    const locked = await lockKey(change, call, id);
    const { key, client } = locked;
    const before = await viewKey(db, { environment, row: key });
    requireMatch(call.ifMatch, etagOf(ManagedKey, before));
    const made = await succeed(administration, change, { ...locked, environment, secret, expiresAt, overlapSeconds });
    await change.note({ environmentId: client.environment_id, clientId: client.id });
    const [row, old] = await listKeyRows(transaction, [made.id, key.id]);
    if (!row || !old) throw new Error('both were written just now');
    const environmentId = environment.id;
    const after = await viewKey(db, { environment, row: old });
    const view = await viewKey(db, { environment, row, raw: new Map([[made.id, made.raw]]) });
    change.emit(keyRotated(change, { key: old, successorId: made.id }));
    change.record({ action: 'key.rotate', subject: { kind: 'key', id: key.id }, environmentId, before, after });
    change.record({ action: 'key.create', subject: { kind: 'key', id: made.id }, environmentId, after: view });
    return created(view);
  });
}
