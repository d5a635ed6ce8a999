import type { ServerKeyScope } from '@keyward/contract/access';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { newId } from '@keyward/kit/random';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { ServerKeyRow } from '@keyward/stores/postgres/server-keys';
import type { Administration } from '../administration.ts';
import { keyHint, serverKeyPrefix } from '../key-prefixes.ts';

interface IssueOptions {
  environment: Pick<EnvironmentRow, 'id' | 'organization_id' | 'type'>;
  name: string;
  /** All, unless it is said. */
  scopes?: ServerKeyScope[] | undefined;
  now: Date;
}

/** A new server key: the row to store, and the raw key, which is nowhere else and cannot be had again. */
export function issueServerKey(
  { pepper }: Pick<Administration, 'pepper'>,
  { environment, name, scopes = ['*'], now }: IssueOptions,
): { row: ServerKeyRow; raw: string } {
  const raw = issueOpaqueKey(serverKeyPrefix(environment.type));
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    name,
    key_prefix: keyHint(raw),
    digest: keyDigest({ pepper, domain: 'server', canonical: raw }),
    status: 'active' as const,
    scopes,
    expires_at: null,
    created_at: now,
  } satisfies ServerKeyRow;
  return { row, raw };
}
