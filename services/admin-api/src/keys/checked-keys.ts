import type { KeyReach, NewManagedKey } from '@keyward/contract/routes/key';
import type { Database } from '@keyward/stores/postgres/database';
import { findKnownProductIds } from '@keyward/stores/postgres/products';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { KeyTimes } from '../clients/issue-key.ts';
import type { InputCheck } from '../input.ts';

/** A key that is to be made, as it was asked for; ids in lower case. */
export interface CheckedKey {
  /** Where faults of it are told. */
  path: string;
  input: NewManagedKey;
  times: KeyTimes;
  reach: KeyReach;
  clientId: string | undefined;
  productId: string | null;
}

interface CheckOptions {
  inputs: readonly NewManagedKey[];
  pathOf(i: number): string;
  nowMs: number;
}

/** Tells `check` what the schema cannot see. Whether clients and products are there is asked in the transaction. */
export function checkedKeys(check: InputCheck, { inputs, pathOf, nowMs }: CheckOptions): CheckedKey[] {
  return inputs.map((input, i) => {
    const path = pathOf(i);
    const { reach = 'environment', clientId, productId = null } = input;
    if (clientId !== undefined && reach !== 'environment')
      check.fault(`${path}/clientId`, 'cannot be named: a key with this reach has a client of its own');
    return {
      path,
      input,
      times: check.newKey(path, input, nowMs),
      reach,
      clientId: clientId?.toLowerCase(),
      productId: productId?.toLowerCase() ?? null,
    };
  });
}

export function namedClientIds(keys: readonly CheckedKey[]): string[] {
  return [...new Set(keys.flatMap(({ clientId }) => clientId ?? []))].sort();
}

/** Tells `check` which products cannot be named: those of the organization can, in a project only those that are in it. */
export async function checkProducts(
  transaction: Database,
  { check, environment, keys }: { check: InputCheck; environment: EnvironmentRow; keys: readonly CheckedKey[] },
): Promise<void> {
  for (const [isWide, some] of Map.groupBy(keys, ({ reach }) => reach === 'organization')) {
    const known = await findKnownProductIds(transaction, {
      organizationId: environment.organization_id,
      projectId: isWide ? null : environment.project_id,
      ids: [...new Set(some.flatMap(({ productId }) => productId ?? []))],
    });
    const where = isWide ? 'organization' : 'project';
    for (const { path, productId } of some)
      if (productId !== null && !known.has(productId))
        check.fault(`${path}/productId`, `is not a product of this ${where}`);
  }
}
