import type { KeyChange } from '@keyward/contract/routes/client';
import { AppError } from '@keyward/kit/app-error';
import type { KeyRow, KeyRowChange } from '@keyward/stores/postgres/clients';
import type { InputCheck } from '../input.ts';

interface FieldsOptions {
  path: string;
  key: KeyChange;
  row: KeyRow;
}

/** The columns that a change of a key sets; tells `check` what is wrong with it. */
export function keyFields(check: InputCheck, { path, key, row }: FieldsOptions): KeyRowChange {
  check.ipList(`${path}/allowedIps`, key.allowedIps);
  check.metadata(`${path}/metadata`, key.metadata);
  const expiresAt = check.keptTime(`${path}/expiresAt`, key.expiresAt);
  if (isLater(expiresAt, row.claimed_expires_at))
    check.fault(
      `${path}/expiresAt`,
      `is later than the key itself states, ${row.claimed_expires_at?.toISOString()}: rotate it`,
    );
  const notBefore = check.keptTime(`${path}/notBefore`, key.notBefore);
  const status = keyStatus(check, { path, key, row });
  return {
    ...(key.name === undefined ? {} : { name: key.name }),
    ...(key.scopes === undefined ? {} : { scopes: key.scopes }),
    ...(key.allowedIps === undefined ? {} : { allowed_ips: key.allowedIps }),
    ...(key.metadata === undefined ? {} : { metadata: JSON.stringify(key.metadata) }),
    ...(key.autoRotate === undefined ? {} : { auto_rotate: key.autoRotate }),
    ...(key.rateLimit === undefined
      ? {}
      : { rate_limit: key.rateLimit?.requests ?? null, rate_window: key.rateLimit?.window ?? null }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(notBefore === undefined ? {} : { not_before: notBefore }),
    ...(status === undefined ? {} : { status }),
  };
}

/** The earlier expiry counts (wire.md §1), so a later one would be shown, and not be kept to. */
function isLater(asked: Date | null | undefined, claimed: Date | null): boolean {
  if (asked === undefined || claimed === null) return false;
  return asked === null || asked > claimed;
}

/** `enabled` and `status` say the same in two ways; what they say must agree, and a revoked key stays revoked. */
function keyStatus(check: InputCheck, { path, key, row }: FieldsOptions): KeyRow['status'] | undefined {
  const byEnabled = key.enabled === undefined ? undefined : key.enabled ? 'active' : 'disabled';
  if (byEnabled && key.status && byEnabled !== key.status) check.fault(`${path}/enabled`, 'contradicts status');
  const status = key.status ?? byEnabled;
  if (row.status === 'revoked' && status !== undefined && status !== 'revoked') {
    throw new AppError('CONFLICT', 'A revoked key stays revoked; add a new one.');
  }
  return status;
}
