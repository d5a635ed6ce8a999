import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import {
  AlreadyExistsError,
  createManagement,
  ExpiredKeyError,
  InsufficientScopeError,
  InvalidKeyError,
  KeywardApiError,
  type Management,
  QuotaError,
  RefusedKeyError,
  RevokedKeyError,
} from 'keyward/management';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const tests = new URL('../../', import.meta.url);

describeRealStack('the management client of the SDK', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let accountKey: string;
  /** A person who manages, and an application that verifies. */
  let person: Management;
  let application: Management;
  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
    accountKey = platform.owner.headers.authorization?.replace('Bearer ', '') ?? '';
    const { projectEnv, serverKey } = environment;
    person = createManagement({ baseUrl: platform.url, credential: accountKey, projectEnv });
    application = createManagement({ baseUrl: platform.url, credential: serverKey });
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const thrownBy = (asked: Promise<unknown>): Promise<KeywardApiError> =>
    asked.then(
      () => Promise.reject(new Error('it threw nothing')),
      (error) => error,
    );
  const newKey = (more: Partial<Parameters<Management['keys']['create']>[0]> = {}) =>
    person.keys.create({ name: uniqueName('key'), ...more });

  describe('organizations, projects, products, clients and keys', () => {
    it('are got or created on every start, and tell which', async () => {
      const name = uniqueName('shop');
      const project = { slug: name.replaceAll(/[^a-z0-9]/g, ''), name, envs: [{ type: 'production' }] };
      const deploy = async () => [
        await person.organizations.getOrCreate({ name: 'e2e' }),
        await person.projects.getOrCreate(project),
        await person.products.getOrCreate({ name }),
        await person.clients.getOrCreate({ name }),
        await person.keys.getOrCreate({ name }),
      ];
      const [first, second] = [await deploy(), await deploy()];
      expect(first.map(({ created }) => created)).toEqual([false, true, true, true, true]);
      expect(second.map(({ created }) => created)).toEqual([false, false, false, false, false]);
      expect(second.map(({ value }) => value.id)).toEqual(first.map(({ value }) => value.id));
      const [, , product] = first;
      const placed = await person.products.addToProject({ id: product?.value.id ?? '', project: project.slug });
      expect(placed.projects).toHaveLength(1);
    });

    it('that is there is named by the error', async () => {
      const name = uniqueName('Orders');
      const { id } = await person.products.create({ name });
      const error = await thrownBy(person.products.create({ name }));
      expect(error).toBeInstanceOf(AlreadyExistsError);
      expect(error).toMatchObject({ existingId: id, status: 409, code: 'ALREADY_EXISTS' });
    });

    it('are refused with every fault, and to whom may not', async () => {
      const wrong = { name: '', scopes: ['with space'] };
      const faulty = await thrownBy(person.keys.create(wrong));
      expect(faulty).toMatchObject({ code: 'INVALID_INPUT', status: 400, requestId: expect.any(String) });
      expect(faulty.faults.map(({ path }) => path.split('/')[1]).sort()).toEqual(['name', 'scopes']);
      expect(await thrownBy(application.products.create({ name: 'x' }))).toBeInstanceOf(KeywardApiError);
      expect(await thrownBy(person.keys.get(crypto.randomUUID()))).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    });

    it('are listed to the end', async () => {
      const { id: clientId } = await person.clients.create({ name: uniqueName('many') });
      const made = await person.keys.createMany(Array.from({ length: 5 }, (_, at) => ({ name: `k${at}`, clientId })));
      const found: string[] = [];
      for await (const { id } of person.keys.list({ clientId, limit: 2 })) found.push(id);
      expect(found.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
      expect((await person.keys.page({ clientId, limit: 2 })).pagination).toMatchObject({ total: 5, pages: 3 });
      expect((await person.clients.get(clientId)).keys).toHaveLength(5);
    });

    it('are all listed, of each kind, however small the pages are', async () => {
      const name = uniqueName('listed');
      for (const kind of [person.products, person.clients]) await kind.create({ name });
      for (const kind of [person.organizations, person.projects, person.products, person.clients]) {
        const found: string[] = [];
        for await (const { id } of kind.list({ limit: 1 })) found.push(id);
        expect(found.length).toBeGreaterThan(0);
        expect(new Set(found).size).toBe((await kind.page({ limit: 1 })).pagination.total);
      }
    });

    it('change in place, and only while they are what was read', async () => {
      const { id, rawKey } = await newKey({ scopes: ['read'] });
      const { etag } = await person.keys.get(id);
      await person.keys.update(id, { scopes: ['read', 'write'] }, { ifMatch: etag });
      expect((await application.keys.verify(rawKey)).scopes).toEqual(['read', 'write']);
      const late = await thrownBy(person.keys.update(id, { scopes: [] }, { ifMatch: etag }));
      expect(late).toMatchObject({ code: 'PRECONDITION_FAILED', status: 412 });
    });

    it('are revoked and stay listed, or deleted', async () => {
      const { id: clientId } = await person.clients.create({ name: uniqueName('ends') });
      const [kept, erased] = [await newKey({ clientId }), await newKey({ clientId })];
      await person.keys.revoke(kept.id);
      await person.keys.delete(erased.id);
      const statuses: [string, string][] = [];
      for await (const { id, status } of person.keys.list({ clientId, status: 'all' })) statuses.push([id, status]);
      expect(statuses).toEqual([[kept.id, 'revoked']]);
      const { rawKey } = await newKey({ clientId });
      expect(await person.keys.revokeMany({ filter: { clientId } })).toMatchObject({ revoked: 1, remaining: 0 });
      expect(await thrownBy(application.keys.verify(rawKey))).toBeInstanceOf(RevokedKeyError);
    });

    it('have successors that work at once, with the same totals', async () => {
      const old = await newKey();
      await application.keys.verify(old.rawKey);
      const { rawKey, predecessorId } = await person.keys.rotate(old.id, { overlapSeconds: 3_600 });
      expect(predecessorId).toBe(old.id);
      expect((await application.keys.verify(rawKey)).useCount).toBe(2);
    });
  });

  describe('a verification', () => {
    it('tells whose the key is, and counts it', async () => {
      const { id, rawKey } = await newKey({ scopes: ['read'], metadata: { userId: 'u_alice' } });
      const verified = await application.keys.verify(rawKey, { requiredScopes: ['read'] });
      expect(verified).toMatchObject({ id, metadata: { userId: 'u_alice' }, useCount: 1 });
      expect((await application.keys.verify(rawKey, { trackUsage: false })).useCount).toBe(1);
      const uses = async () => {
        let count = 0;
        for await (const row of person.usage.list({ interval: 'hour', groupBy: 'key', keyId: id })) count += row.count;
        return count;
      };
      await waitUntil(async () => (await uses()) === 2, {
        what: 'both uses to be counted',
        timeoutMs: 20_000,
      });
    });

    it('throws what each verdict is, with what it says', async () => {
      const expiresAt = '2024-02-29T12:00:00.000Z';
      const [expired, revoked, narrow] = [await newKey(), await newKey(), await newKey({ scopes: ['read'] })];
      await person.keys.update(expired.id, { expiresAt });
      await person.keys.revoke(revoked.id);
      const off = await newKey();
      await person.keys.update(off.id, { enabled: false });
      const { keys } = application;
      const asked: [() => Promise<unknown>, unknown, object][] = [
        [() => keys.verify(undefined), InvalidKeyError, { code: 'MISSING_KEY', status: 401 }],
        [() => keys.verify('sk_of_nobody'), InvalidKeyError, { code: 'INVALID_KEY', status: 401 }],
        [
          () => keys.verify(expired.rawKey),
          ExpiredKeyError,
          { expiredAt: new Date(expiresAt), key: { id: expired.id } },
        ],
        [() => keys.verify(revoked.rawKey), RevokedKeyError, { status: 403 }],
        [() => keys.verify(narrow.rawKey, { requiredScopes: ['write'] }), InsufficientScopeError, { status: 403 }],
        [() => keys.verify(off.rawKey), RefusedKeyError, { code: 'DISABLED', status: 403 }],
      ];
      for (const [verify, expected, facts] of asked) {
        const error = await thrownBy(verify());
        expect(error.constructor).toBe(expected);
        expect(error).toMatchObject(facts);
      }
      expect(await keys.verify(revoked.rawKey, { refusals: 'return' })).toMatchObject({
        valid: false,
        code: 'REVOKED',
      });
    });

    it('throws that a limit is used up, and when to come again', () =>
      withinOne('day', async () => {
        const { keys } = application;
        const { id, rawKey } = await newKey({ rateLimit: { requests: 1, window: 'day' } });
        await keys.verify(rawKey);
        const quota = await thrownBy(keys.verify(rawKey));
        expect(quota).toBeInstanceOf(QuotaError);
        expect(quota).toMatchObject({ status: 429, window: 'day', subject: 'key' });
        expect(quota.retryAfterSeconds).toBeGreaterThan(0);
        expect(await keys.verify(rawKey, { checkRateLimit: false })).toMatchObject({ id });
      }));

    it('is the same where refusals have a status of their own', async () => {
      const strict = await platform.newEnvironment();
      await call(strict, 'PUT', '/settings', { body: { refusals: 'http' } });
      const { keys } = createManagement({ baseUrl: platform.url, credential: strict.serverKey });
      expect(await thrownBy(keys.verify('sk_of_nobody'))).toBeInstanceOf(InvalidKeyError);
    });

    it('in an environment that takes envelopes only says nothing of the key', async () => {
      const strict = await platform.newEnvironment();
      await call(strict, 'PUT', '/settings', { body: { encryption: 'required' } });
      const { keys } = createManagement({ baseUrl: platform.url, credential: strict.serverKey });
      const error = await thrownBy(keys.verify('sk_of_nobody'));
      expect([error.constructor, error.code]).toEqual([KeywardApiError, 'ENCRYPTION_REQUIRED']);
    });

    it('with a credential that is none says nothing of the key', async () => {
      const { keys } = createManagement({ baseUrl: platform.url, credential: 'sk_live_none' });
      const error = await thrownBy(keys.verify('sk_of_nobody'));
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
      expect(error).not.toBeInstanceOf(RefusedKeyError);
    });
  });

  it('does what the README shows', async () => {
    const readme = await readFile(new URL('../packages/sdk/README.md', tests), 'utf8');
    const example = (heading: string) => readme.split(`# ${heading}\n`)[1]?.match(/```ts\n([\s\S]*?)```/)?.[1] ?? '';
    const fresh = await platform.newEnvironment();
    const env = {
      KEYWARD_BASE_URL: platform.url,
      KEYWARD_PROJECT_ENV: fresh.projectEnv,
      KEYWARD_ACCOUNT_KEY: accountKey,
      KEYWARD_SERVER_KEY: fresh.serverKey,
    };
    const show = async (code: string, ...args: string[]) =>
      (
        await run(process.execPath, ['--input-type=module-typescript', '--eval', code, '--', ...args], {
          env,
          cwd: tests,
        })
      ).stdout;

    const [product, rawKey, listed, exists] = (await show(example('Manage organizations, projects and keys'))).split(
      '\n',
    );
    expect([product, listed, exists]).toEqual(['Orders API true', 'Alice 0', 'true']);
    const verifying = example('Verify a key').replace('process.argv[2]', 'process.argv[1]'); // --eval has no file's name
    expect(await show(verifying, rawKey ?? '')).toBe('revoked Alice\n');
    expect(await show(verifying, 'sk_of_nobody')).toBe('no such key\n');
  });
});
