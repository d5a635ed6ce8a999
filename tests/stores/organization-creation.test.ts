import type { Administration } from '@keyward/admin-api/administration';
import { createFirstOwner } from '@keyward/admin-api/first-setup';
import { createOrganization } from '@keyward/admin-api/organizations/create-organization';
import { createOrganization as createRoute } from '@keyward/contract/routes/organization';
import { systemClock as clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { findFirstOwner, findMemberships, insertMember } from '@keyward/stores/postgres/accounts';
import { openDatabase } from '@keyward/stores/postgres/database';
import { freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrationOn } from './administration-under-test.ts';

describe('who creates organizations [embedded]', () => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let administration: Administration;
  let owner: { organizationId: string; userId: string };

  beforeAll(async () => {
    opened = await openDatabase(freshPgliteUrl());
    const store = new MemoryProjectionStore(new MemoryShards(clock));
    administration = await administrationOn({ db: opened.db, store, clock });
    owner = (await findFirstOwner(opened.db)) ?? { organizationId: '', userId: '' };
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  async function creates(userId: string): Promise<string> {
    const memberships = await findMemberships(opened.db, userId);
    const credential = { kind: 'account-key', id: newId(), expiresAt: null, allowedIps: [] } as const;
    const actor = { kind: 'account', userId, credential, memberships, organizationId: undefined } as const;
    const author = { kind: 'user', id: userId } as const;
    const call = { actor, organizationIds: [], author, requestId: newId() };
    const asked = { ...call, route: createRoute, ifMatch: undefined, idempotency: undefined };
    const created = createOrganization(administration, asked, { input: { name: newId() } });
    return created.then(
      ({ body }) => body.role,
      ({ code, message }) => `${code} ${message}`,
    );
  }

  it('are owners and admins of the operator’s organization, or anyone, as it is configured', async () => {
    const { userId: stranger } = await createFirstOwner(administration, {
      ...{ organization: 'other', email: 'stranger@example.test', password: newId() },
    });
    expect(await creates(owner.userId)).toMatch(/^FORBIDDEN .*OPERATOR_ORGANIZATION/);
    administration.operatorOrganization = owner.organizationId.toUpperCase();
    expect(await creates(owner.userId)).toBe('owner');
    expect(await creates(stranger)).toMatch(/^FORBIDDEN .*ORGANIZATION_CREATION/);
    const member = { organization_id: owner.organizationId, user_id: stranger, created_at: new Date() };
    await insertMember(opened.db, { ...member, role: 'developer' });
    expect(await creates(stranger)).toMatch(/^FORBIDDEN/);
    administration.organizationCreation = 'anyone';
    expect(await creates(stranger)).toBe('owner');
  });
});
