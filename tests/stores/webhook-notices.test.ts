import { changeClient } from '@keyward/admin-api/clients/change-client';
import { tellOfExpiries } from '@keyward/admin-api/webhooks/tell-of-expiries';
import { tellOfUse } from '@keyward/admin-api/webhooks/tell-of-use';
import type { Client, NewKey } from '@keyward/contract/routes/client';
import { asOnlyTeller } from '@keyward/stores/postgres/as-only-teller';
import { takeFirstUses, takeRefusals } from '@keyward/stores/postgres/use-notices';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOneClient } from './administration-under-test.ts';
import { dayMs, WebhooksUnderTest } from './webhooks-under-test.ts';

const hourMs = 3_600_000;

describePostgresBackends('webhooks are told', (backend) => {
  const stage = new WebhooksUnderTest(backend);
  beforeEach(() => stage.newWebhook({ events: [...told] }));

  const told = ['key.expiring', 'key.expired', 'key.first_used', 'limit.reached', 'usage.abnormal'] as const;
  async function newKey(key: Partial<NewKey> = {}): Promise<{ clientId: string; keyId: string; client: Client }> {
    const input = { name: uniqueName('client'), keys: [{ name: 'k', ...key }] };
    const client = await createOneClient(stage.administration, stage.environment, input);
    return { client, clientId: client.id, keyId: client.keys[0]?.id ?? '' };
  }
  const after = (ms: number) => new Date(stage.nowMs + ms).toISOString();
  /** What is told now, however often it is looked for. */
  async function news(tell: typeof tellOfUse): Promise<unknown[]> {
    await stage.forgetEvents();
    await Promise.all([tell(stage.administration), tell(stage.administration)]);
    await tell(stage.administration);
    return (await stage.events()).map(({ type, data: { environmentId: _, ...data } }) => ({ type, ...data }));
  }

  describe('of a key that expires', () => {
    const expiries = (days = [7, 1]) => news((administration) => tellOfExpiries(administration, days));
    const changeKey = (of: { clientId: string; keyId: string }, change: object) =>
      changeClient(stage.administration, stage.call, {
        clientId: of.clientId,
        change: { keys: [{ id: of.keyId, ...change }] },
      });

    it('seven days before, one day before, and when it has, each once', async () => {
      const expiresAt = after(10 * dayMs);
      const { clientId, keyId } = await newKey({ expiresAt });
      await newKey();
      const data = { clientId, keyId, expiresAt };
      expect(await expiries()).toEqual([]);
      stage.nowMs += 3 * dayMs;
      expect(await expiries()).toEqual([{ type: 'key.expiring', ...data, noticeDays: 7 }]);
      stage.nowMs += 5.9 * dayMs;
      expect(await expiries()).toEqual([]);
      stage.nowMs += 0.2 * dayMs;
      expect(await expiries()).toEqual([{ type: 'key.expiring', ...data, noticeDays: 1 }]);
      stage.nowMs += dayMs;
      expect(await expiries()).toEqual([{ type: 'key.expired', ...data }]);
      stage.nowMs += 100 * dayMs;
      expect(await expiries()).toEqual([]);
    });

    it('so many days before as are configured, and again of none when that changes', async () => {
      const expiresAt = after(100 * dayMs);
      await newKey({ expiresAt });
      const days = async (configured: number[]) =>
        (await expiries(configured)).map((event) => (event as { noticeDays?: number }).noticeDays);
      expect(await days([90, 30])).toEqual([]);
      stage.nowMs += 11 * dayMs;
      expect(await days([30, 90])).toEqual([90]);
      stage.nowMs += 60 * dayMs;
      expect(await days([90, 30])).toEqual([30]);
      expect(await days([60, 30, 7])).toEqual([]);
      stage.nowMs += 24 * dayMs;
      expect(await days([7, 1])).toEqual([7]);
      expect(await days([14, 1])).toEqual([]);
      stage.nowMs += 10 * dayMs;
      expect(await expiries([1])).toMatchObject([{ type: 'key.expired' }]);
    });

    it('only when it has, if nobody looked before', async () => {
      const { keyId } = await newKey({ expiresAt: after(10 * dayMs) });
      stage.nowMs += 50 * dayMs;
      expect(await expiries()).toMatchObject([{ type: 'key.expired', keyId }]);
    });

    it('not before it does what it was made for', async () => {
      const { keyId } = await newKey({ expiresAt: after(2 * dayMs) });
      expect(await expiries()).toEqual([]);
      stage.nowMs += 1.5 * dayMs;
      expect(await expiries()).toMatchObject([{ type: 'key.expiring', keyId, noticeDays: 1 }]);
    });

    it('anew when it is to expire at another time', async () => {
      const key = await newKey({ expiresAt: after(1.5 * dayMs) });
      stage.nowMs += dayMs;
      expect(await expiries()).toMatchObject([{ type: 'key.expiring', noticeDays: 1 }]);
      const expiresAt = after(0.2 * dayMs);
      await changeKey(key, { expiresAt });
      expect(await expiries()).toMatchObject([{ type: 'key.expiring', expiresAt, noticeDays: 1 }]);
    });

    it('when somebody ends it by a time that is over', async () => {
      const key = await newKey();
      stage.nowMs += 30 * dayMs;
      await changeKey(key, { expiresAt: after(-10 * dayMs) });
      expect(await expiries()).toMatchObject([{ type: 'key.expired', keyId: key.keyId }]);
      // Given more time, it expires once more.
      await changeKey(key, { expiresAt: after(20 * dayMs) });
      expect(await expiries()).toEqual([]);
      stage.nowMs += 14 * dayMs;
      expect(await expiries()).toMatchObject([{ type: 'key.expiring', noticeDays: 7 }]);
    });

    it('unless it was revoked', async () => {
      const key = await newKey({ expiresAt: after(10 * dayMs) });
      await changeKey(key, { status: 'revoked' });
      stage.nowMs += 50 * dayMs;
      expect(await expiries()).toEqual([]);
    });
  });

  describe('of a key that is used', () => {
    const use = () => news(tellOfUse);

    it('for the first time with success, once, whatever comes before and after', async () => {
      const key = await newKey();
      const { clientId, keyId } = key;
      await stage.count({ clientId, keyId }, { verdict: 'IP_NOT_ALLOWED' }, { untracked: true });
      expect(await use()).toEqual([]);
      await stage.count({ clientId, keyId }, {}, {});
      expect(await use()).toEqual([{ type: 'key.first_used', clientId, keyId }]);
      await stage.count({ clientId, keyId }, {});
      expect(await use()).toEqual([]);
    });

    it('once it is registered, if it is counted before that', async () => {
      const { client, clientId, keyId } = await newKey();
      const row = await stage.db.selectFrom('api_key').selectAll().where('id', '=', keyId).executeTakeFirstOrThrow();
      await stage.db.deleteFrom('api_key').where('id', '=', keyId).execute();
      await stage.count({ clientId, keyId }, {});
      expect(await use()).toEqual([]);
      await stage.db
        .insertInto('api_key')
        .values({ ...row, metadata: JSON.stringify(row.metadata) })
        .execute();
      expect(await use()).toEqual([{ type: 'key.first_used', clientId: client.id, keyId }]);
    });

    it('again when whoever was about to tell it died', async () => {
      const { clientId, keyId } = await newKey();
      await stage.count({ clientId, keyId }, {}, { verdict: 'RATE_LIMITED' });
      const now = new Date(stage.nowMs);
      const dying = asOnlyTeller(stage.db, async (transaction) => {
        expect(await takeFirstUses(transaction, { now, limit: 10 })).toHaveLength(1);
        expect(await takeRefusals(transaction, { limit: 10 })).toHaveLength(1);
        throw new Error('died');
      });
      await expect(dying).rejects.toThrow('died');
      expect(await use()).toMatchObject([{ type: 'key.first_used' }, { type: 'limit.reached' }]);
    });
  });

  describe('of refusals', () => {
    const use = () => news(tellOfUse);
    const hourOf = (ms: number) => new Date(ms - (ms % hourMs)).toISOString();

    it.each([
      ['RATE_LIMITED', 'limit.reached'],
      ['ABNORMAL_USAGE', 'usage.abnormal'],
    ])('by %s, once for each key and hour, however they are spread and counted', async (verdict, type) => {
      const [one, other] = [await newKey(), await newKey()].map(({ clientId, keyId }) => ({ clientId, keyId }));
      if (!one || !other) throw new Error('two were made');
      const refused = (path: string, agoMs = 0) => ({
        verdict,
        methodPath: `GET:${path}`,
        decidedAtMs: stage.nowMs - agoMs,
      });
      // Only endpoints that were used with success are counted one by one.
      for (const path of ['/a', '/b', '/c', '/z']) await stage.count(one, { methodPath: `GET:${path}` });
      await use();
      await stage.count(one, refused('/a'), refused('/b'), { verdict: 'EXPIRED' });
      const rows = stage.db.selectFrom('usage_hour').selectAll().where('environment_id', '=', stage.environment.id);
      expect(await rows.where('verdict', '=', verdict).execute()).toHaveLength(2);
      const hour = hourOf(stage.nowMs);
      expect(await use()).toEqual([{ type, ...one, hour }]);
      await stage.count(one, refused('/a'), refused('/c'));
      await stage.count(other, refused('/a'));
      expect(await use()).toEqual([{ type, ...other, hour }]);
      // Counted days late.
      await stage.count(one, refused('/a', 100 * hourMs), refused('/z', 100 * hourMs));
      expect(await use()).toEqual([{ type, ...one, hour: hourOf(stage.nowMs - 100 * hourMs) }]);
    });
  });
});
