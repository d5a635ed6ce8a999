import type { Client, Key } from '@keyward/contract/routes/client';
import { type ClientRow, listShownKeys, type ShownKeyRow } from '@keyward/stores/postgres/clients';
import { keyExpiryMs } from '@keyward/stores/postgres/key-expiry';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { type KeyTotals, readClientTotals, readTotalsOfKeys } from '@keyward/stores/postgres/usage';
import type { Administration } from '../administration.ts';
import { viewStats } from '../reports/stats-view.ts';

export interface ViewOptions {
  environment: EnvironmentRow;
  rows: readonly ClientRow[];
  /** Raw keys by key id, in the answer that creates them only. */
  raw?: ReadonlyMap<string, string>;
}

/** Clients as the API shows them, with their keys and what ingest has counted. */
export async function viewClients(
  { db, clock }: Pick<Administration, 'db' | 'clock'>,
  { environment, rows, raw }: ViewOptions,
): Promise<Client[]> {
  const clientIds = rows.map((row) => row.id);
  const [keys, clientTotals, keyTotals] = await Promise.all([
    listShownKeys(db, clientIds),
    readClientTotals(db, clientIds),
    readTotalsOfKeys(db, clientIds),
  ]);
  const keysOf = Map.groupBy(keys, (key) => key.client_id);
  const nowMs = clock.nowMs();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    type: row.type,
    status: row.status,
    source: { kind: row.source },
    ipWhitelist: row.ip_whitelist,
    metadata: row.metadata,
    templateId: row.template_id,
    envId: row.environment_id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    keys: (keysOf.get(row.id) ?? []).map((key) =>
      viewKey({ key, environment, totals: keyTotals.get(key.id), raw: raw?.get(key.id), nowMs }),
    ),
    hidden: row.is_hidden,
    stats: viewStats(clientTotals.get(row.id)),
  }));
}

/** One client, as `viewClients` shows it. */
export async function viewClient(
  administration: Pick<Administration, 'db' | 'clock'>,
  { row, ...options }: Omit<ViewOptions, 'rows'> & { row: ClientRow },
): Promise<Client> {
  const [client] = await viewClients(administration, { ...options, rows: [row] });
  if (!client) throw new Error('a row is one client');
  return client;
}

export interface KeyView {
  key: ShownKeyRow;
  environment: EnvironmentRow;
  totals: KeyTotals | undefined;
  raw: string | undefined;
  nowMs: number;
}

/** A key as the API shows it. */
export function viewKey({ key, environment, totals, raw, nowMs }: KeyView): Key {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    keyPrefix: key.key_prefix,
    scopes: key.scopes,
    environment: environment.project_env,
    enabled: key.status === 'active',
    status: keyStatus(key, nowMs),
    requestCount: totals ? totals.success + totals.error : 0,
    useCount: totals?.uses ?? 0,
    lastUsedAt: totals?.lastUsedAt?.toISOString() ?? null,
    expiresAt: key.expires_at?.toISOString() ?? null,
    notBefore: key.not_before?.toISOString() ?? null,
    autoRotate: key.auto_rotate,
    allowedIps: key.allowed_ips,
    rateLimit:
      key.rate_limit === null || key.rate_window === null
        ? null
        : { requests: key.rate_limit, window: key.rate_window },
    metadata: key.metadata,
    createdAt: key.created_at.toISOString(),
    updatedAt: key.updated_at.toISOString(),
    ...(raw === undefined ? {} : { key: raw, rawKey: raw }),
  };
}

export function keyStatus(key: ShownKeyRow, nowMs: number): Key['status'] {
  if (key.status === 'revoked') return 'revoked';
  const expiresAtMs = keyExpiryMs(key);
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return 'expired';
  return key.status;
}
