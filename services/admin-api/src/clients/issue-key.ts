import type { NewKey } from '@keyward/contract/routes/client';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueSignedKey } from '@keyward/keyformat/signed-key';
import { newId } from '@keyward/kit/random';
import type { ClientRow, NewKeyRow } from '@keyward/stores/postgres/clients';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { customerKeyPrefix, keyHint } from '../key-prefixes.ts';
import type { OpenedSecret } from '../projects/signing-secret.ts';

export interface KeyTimes {
  notBefore: Date | null;
  expiresAt: Date | null;
}

interface IssueOptions {
  environment: EnvironmentRow;
  client: Pick<ClientRow, 'id' | 'name'>;
  input: NewKey;
  times: KeyTimes;
  /** The environment's first signing secret. */
  secret: OpenedSecret;
}

/** A new customer key: the row to store, and the raw key, which is nowhere else and cannot be had again. */
export function issueKey({ pepper, clock }: Administration, options: IssueOptions): { row: NewKeyRow; raw: string } {
  const { environment, client, input, times, secret } = options;
  const now = new Date(clock.nowMs());
  const scopes = input.scopes ?? [];
  const exp = unixSeconds(times.expiresAt);
  const nbf = unixSeconds(times.notBefore);
  const { key: raw } = issueSignedKey({
    claims: {
      tid: client.name,
      scp: scopes,
      env: environment.type,
      ...(exp === undefined ? {} : { exp }),
      ...(nbf === undefined ? {} : { nbf }),
    },
    secret: secret.secret,
    nowMs: clock.nowMs(),
  });
  const canonical = canonicalKey(raw)?.canonical ?? raw;
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    client_id: client.id,
    name: input.name,
    prefix: customerKeyPrefix,
    key_prefix: keyHint(raw),
    digest: keyDigest({ pepper, domain: 'customer', canonical }),
    status: 'active',
    scopes,
    allowed_ips: input.allowedIps ?? [],
    metadata: JSON.stringify(input.metadata ?? {}),
    auto_rotate: input.autoRotate ?? false,
    rate_limit: input.rateLimit?.requests ?? null,
    rate_window: input.rateLimit?.window ?? null,
    not_before: times.notBefore,
    expires_at: times.expiresAt,
    signing_secret_id: secret.id,
    claimed_expires_at: exp === undefined ? null : new Date(exp * 1_000),
    created_at: now,
    updated_at: now,
  } as const satisfies NewKeyRow;
  return { row, raw };
}

/** Rounded up, so that the claim never ends a key before the time that was asked for. */
function unixSeconds(date: Date | null): number | undefined {
  return date === null ? undefined : Math.ceil(date.getTime() / 1_000);
}
