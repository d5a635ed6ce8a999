import { createFirstOwner, issueAccountKey, type SetUp } from '@keyward/admin-api/first-setup';
import type { Client } from '@keyward/contract/routes/client';
import type { ProjectSummary } from '@keyward/contract/routes/project';
import { newSecret } from '@keyward/kit/random';
import type { Platform } from './platform.ts';
import type { ShownOnce } from './quickstart.ts';

export const adminEmail = 'admin@keyward.local';
const project = { slug: 'demo', name: 'Demo', envs: [{ type: 'production' }] };

interface FirstProjectOptions {
  setUp: SetUp;
  platform: Platform;
  /** An owner whose first start, on a database of its own, broke off before there was a project. */
  owner: { userId: string } | undefined;
}

/** An owner, and through the public door what a team would make next: a project, a client and its key. */
export async function createFirstProject({ setUp, platform, owner }: FirstProjectOptions): Promise<ShownOnce> {
  const password = newSecret();
  const account = { organization: 'My organization', email: adminEmail, password };
  const { userId } = owner ?? (await createFirstOwner(setUp, account));
  const accountKey = await issueAccountKey(setUp, userId, 'Made by the first start');
  const made = await post<ProjectSummary>(platform, '/project', { authorization: `Bearer ${accountKey}` }, project);
  const serverKey = made.envs.list[0]?.serverKey ?? null;
  const client = await post<Client>(
    platform,
    '/client',
    { 'x-api-key': serverKey ?? '' },
    { name: 'sample-customer', type: 'company', keys: [{ name: 'Sample key', scopes: ['read', 'write'] }] },
  );
  const customerKey = client.keys[0]?.key ?? null;
  return { serverKey, clientId: client.id, customerKey, adminPassword: owner ? null : password, accountKey };
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
