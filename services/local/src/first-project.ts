import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import type { Client } from '@keyward/contract/routes/client';
import type { ProjectSummary } from '@keyward/contract/routes/project';
import { systemClock } from '@keyward/kit/clock';
import { newSecret } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';
import type { Platform } from './platform.ts';
import type { ShownOnce } from './quickstart.ts';

export const adminEmail = 'admin@keyward.local';
const project = { slug: 'demo', name: 'Demo', envs: [{ type: 'production' }] };

/** An owner, and through the public door what a team would make next: a project, a client and its key. */
export async function createFirstProject(
  { db, pepper }: { db: Database; pepper: Buffer },
  platform: Platform,
): Promise<ShownOnce> {
  const setUp = { db, pepper, clock: systemClock };
  const adminPassword = newSecret();
  const { userId } = await createFirstOwner(setUp, {
    organization: 'My organization',
    email: adminEmail,
    password: adminPassword,
  });
  const accountKey = await issueAccountKey(setUp, userId, 'Made by the first start');
  const made = await post<ProjectSummary>(platform, '/project', { authorization: `Bearer ${accountKey}` }, project);
  const serverKey = made.envs.list[0]?.serverKey ?? null;
  const client = await post<Client>(
    platform,
    '/client',
    { 'x-api-key': serverKey ?? '' },
    { name: 'sample-customer', type: 'company', keys: [{ name: 'Sample key', scopes: ['read', 'write'] }] },
  );
  return { serverKey, clientId: client.id, customerKey: client.keys[0]?.key ?? null, adminPassword, accountKey };
}

async function post<T>(platform: Platform, path: string, headers: Record<string, string>, body: unknown): Promise<T> {
  const response = await fetch(`${platform.gatewayUrl}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as T & { message?: string };
  if (!response.ok) throw new Error(`POST ${path} was answered ${response.status}: ${answer.message ?? ''}`);
  return answer;
}
