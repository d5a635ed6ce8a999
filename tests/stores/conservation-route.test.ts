import type { Administration } from '@keyward/admin-api/administration';
import { createFirstOwner, issueAccountKey } from '@keyward/admin-api/first-setup';
import { conservationRoutes } from '@keyward/admin-api/routes/conservation';
import { systemClock as clock } from '@keyward/kit/clock';
import { type App, createHttpApp } from '@keyward/kit/http-app';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { findFirstOwner } from '@keyward/stores/postgres/accounts';
import { listPendingCatchUps } from '@keyward/stores/postgres/catch-up';
import { openDatabase } from '@keyward/stores/postgres/database';
import { StoreAway } from '@keyward/stores/store-away';
import { freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AccountsTwin } from './accounts-twin.ts';
import { administrationOn, newEnvironment } from './administration-under-test.ts';
import { quietLogger as logger } from './sample-events.ts';

describe('the conservation route [embedded]', () => {
  const accounts = new AccountsTwin();
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let administration: Administration;
  let app: App;
  let accountKey: string;

  beforeAll(async () => {
    opened = await openDatabase(freshPgliteUrl());
    const store = new MemoryProjectionStore(new MemoryShards(clock));
    administration = await administrationOn({ db: opened.db, store, clock });
    const owner = await findFirstOwner(opened.db);
    accountKey = await issueAccountKey(administration, owner?.userId ?? '', 'test');
    app = createHttpApp({
      logger,
      bodyLimitBytes: 1,
      isServiceCall: () => false,
      isAway: () => false,
      ready: async () => true,
    });
    conservationRoutes(app, administration, accounts);
  });
  afterAll(async () => {
    await app.close();
    await opened[Symbol.asyncDispose]();
  });

  const ask = async (headers: Record<string, string> = { authorization: `Bearer ${accountKey}` }, query = '') =>
    app.inject({ method: 'GET', url: `/api/v1/conservation${query}`, headers });

  it('answers an owner', async () => {
    const asked = ask();
    await vi.waitFor(async () => expect(await listPendingCatchUps(opened.db)).toHaveLength(1), { timeout: 10_000 });
    await opened.db.updateTable('catch_up').set({ reached_at: new Date() }).execute();
    const answer = await asked;
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ missing: 0, surplus: 0, unbalanced: [], lost: { outboxes: 0, counted: 0 } });
  });

  it('is nobody else’s, and takes no parameters', async () => {
    const { environment } = await newEnvironment(administration);
    expect((await ask({})).statusCode).toBe(401);
    expect((await ask({ authorization: `Bearer ${accountKey}`, 'x-keyward-organization': newId() })).statusCode).toBe(
      404,
    );
    expect((await ask(undefined, `?project_env=${environment.project_env}`)).json()).toMatchObject({
      error: 'INVALID_INPUT',
      errors: [{ path: '/project_env' }],
    });
    const other = { organization: 'b', email: 'b@example.test', password: newId() };
    const { userId } = await createFirstOwner(administration, other);
    const strangers = { authorization: `Bearer ${await issueAccountKey(administration, userId, 'test')}` };
    for (const headers of [undefined, strangers]) expect((await ask(headers)).statusCode).toBe(403);
    administration.operatorOrganization = environment.organization_id.toUpperCase();
    expect((await ask(strangers)).statusCode).toBe(403);
  });

  it('says that it cannot tell while an outbox cannot be asked', async () => {
    administration.operatorOrganization = (await findFirstOwner(opened.db))?.organizationId;
    accounts.read = () => Promise.reject(new StoreAway(new Error('gone')));
    const answer = await ask();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ error: 'UNAVAILABLE' });
  });
});
