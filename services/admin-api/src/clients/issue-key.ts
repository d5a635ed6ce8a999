import type { NewKey } from '@keyward/contract/routes/client';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { issueSignedKey } from '@keyward/keyformat/signed-key';
import { newId } from '@keyward/kit/random';
import type { ClientRow, NewKeyRow } from '@keyward/stores/postgres/clients';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { customerKeyPrefix, keyHint } from '../key-prefixes.ts';
import { lastMomentMs } from '../last-moment.ts';
import { readSettings } from '../projects/settings.ts';
import type { OpenedSecret } from '../projects/signing-secret.ts';
import { newKeyColumns } from './new-key-columns.ts';

export interface KeyTimes {
  notBefore: Date | null;
  expiresAt: Date | null;
}

export interface IssueOptions {
  environment: EnvironmentRow;
  client: Pick<ClientRow, 'id' | 'name'>;
  input: NewKey;
  times: KeyTimes;
  /** The environment's first signing secret. */
  secret: OpenedSecret;
  /** What the key begins with; as the environment has it for new keys, unless it is said. */
  prefix?: string | undefined;
}

/** A new customer key: the row to store, and the raw key, which is nowhere else and cannot be had again. */
export function issueKey({ pepper, clock }: Administration, options: IssueOptions): { row: NewKeyRow; raw: string } {
  const { environment, client, input, times } = options;
  const now = new Date(clock.nowMs());
  const prefix = options.prefix ?? newKeyPrefix(environment);
  const { raw, claimedExpiresAt } =
    prefix === customerKeyPrefix
      ? drawSignedKey(options, clock.nowMs())
      : { raw: issueOpaqueKey(prefix), claimedExpiresAt: null };
  const canonical = canonicalKey(raw)?.canonical ?? raw;
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    client_id: client.id,
    ...newKeyColumns(input, times),
    prefix,
    key_prefix: keyHint(raw),
    digest: keyDigest({ pepper, domain: 'customer', canonical }),
    status: 'active',
    signing_secret_id: prefix === customerKeyPrefix ? options.secret.id : null,
    claimed_expires_at: claimedExpiresAt,
    created_at: now,
    updated_at: now,
  } as const satisfies NewKeyRow;
  return { row, raw };
}

/** What new keys of an environment begin with. */
function newKeyPrefix(environment: EnvironmentRow): string {
  const { keyKind, keyPrefix } = readSettings(environment).settings;
  return keyKind === 'signed' ? customerKeyPrefix : keyPrefix;
}

function drawSignedKey({ environment, client, input, times, secret }: IssueOptions, nowMs: number) {
  const exp = unixSeconds(times.expiresAt);
  const nbf = unixSeconds(times.notBefore);
  const { key: raw } = issueSignedKey({
    claims: {
      tid: client.name,
      scp: input.scopes ?? [],
      env: environment.type,
      ...(exp === undefined ? {} : { exp }),
      ...(nbf === undefined ? {} : { nbf }),
    },
    secret: secret.secret,
    nowMs,
  });
  return { raw, claimedExpiresAt: exp === undefined ? null : new Date(Math.min(exp * 1_000, lastMomentMs)) };
}

/** Rounded up, so that the claim never ends a key before the time that was asked for. */
function unixSeconds(date: Date | null): number | undefined {
  return date === null ? undefined : Math.ceil(date.getTime() / 1_000);
}
