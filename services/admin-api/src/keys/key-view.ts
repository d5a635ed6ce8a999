import type { ManagedKey } from '@keyward/contract/routes/key';
import type { KeyRow } from '@keyward/stores/postgres/clients';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { readKeyTotals } from '@keyward/stores/postgres/usage';
import type { Administration } from '../administration.ts';
import { viewKey as viewKeyOfClient } from '../clients/client-view.ts';

interface ViewOptions {
  environment: EnvironmentRow;
  rows: readonly KeyRow[];
  /** Raw keys by key id, in the answer that creates them only. */
  raw?: ReadonlyMap<string, string>;
}

/** Keys as the API shows them, with what ingest has counted. */
export async function viewKeys(
  { db, clock }: Pick<Administration, 'db' | 'clock'>,
  { environment, rows, raw }: ViewOptions,
): Promise<ManagedKey[]> {
  const totals = await readKeyTotals(
    db,
    rows.map(({ id }) => id),
  );
  const nowMs = clock.nowMs();
  return rows.map((key) => ({
    ...viewKeyOfClient({ key, environment, totals: totals.get(key.id), raw: raw?.get(key.id), nowMs }),
    clientId: key.client_id,
    productId: key.product_id,
    reach: key.reach,
    familyId: key.family_id ?? key.id,
    predecessorId: key.predecessor_id,
  }));
}

/** One key, as `viewKeys` shows it. */
export async function viewKey(
  administration: Pick<Administration, 'db' | 'clock'>,
  { row, ...options }: Omit<ViewOptions, 'rows'> & { row: KeyRow },
): Promise<ManagedKey> {
  const [key] = await viewKeys(administration, { ...options, rows: [row] });
  if (!key) throw new Error('a row is one key');
  return key;
}
