import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { listClients, listShownKeys } from '@keyward/stores/postgres/clients';
import { type Database, type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { findKeys, type KeyFilter } from '@keyward/stores/postgres/keys';
import { migrate } from '@keyward/stores/postgres/migrate';
import { countEnvironments } from '@keyward/stores/postgres/projects';
import { type AuditFilter, listAudit, walkAudit } from '@keyward/stores/postgres/read-audit';
import { readLogs } from '@keyward/stores/postgres/request-logs';
import { countClientsOf } from '@keyward/stores/postgres/templates';
import { readClientTotals, readKeyTotals } from '@keyward/stores/postgres/usage';
import { listDeliveries } from '@keyward/stores/postgres/webhook-deliveries';
import { describePostgres } from '@keyward/tests/backends/describe-backends';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import { seedAudit } from '@keyward/tests/platform/seed-audit';
import { seedClients } from '@keyward/tests/platform/seed-clients';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plansOf } from './plans-of.ts';
import { runSql } from './run-sql.ts';
import { logPartitions } from './sample-lines.ts';

/** So much that Postgres would rather read an index; it decides by its statistics, which are taken once all is written. */
const clients = 10_000;
const keysPerClient = 3;
const dayMs = 86_400_000;
const nowMs = systemClock.nowMs();
const daysAgo = (days: number) => new Date(nowMs - days * dayMs);
const logDayMs = Date.UTC(2026, 10, 18);
const webhookId = newId();

describePostgres('long lists', (backend) => {
  let opened: OpenDatabase;
  let place: { environmentId: string; organizationId: string; projectId: string };
  let templateId: string;

  beforeAll(async () => {
    opened = await openDatabase(await backend.url(), { queryTimeoutMs: 0 });
    const { db, sessions } = opened;
    await migrate(db);
    const { id: environmentId, organizationId } = await insertEnvironment(db);
    place = { environmentId, organizationId, projectId: newId() };
    ({ templateId } = await seedClients(sessions, { environmentId, organizationId, clients, keysPerClient }));
    await seedAudit(sessions, { environmentId, organizationId, records: 20_000 });
    await logPartitions(db, logDayMs, 1);
    const statements = [webhook, events, deliveries, lines].map((statement) => statement(place));
    for (const statement of [...statements, 'vacuum analyze']) await runSql(db, statement);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  /** Each statement reads by indexes, and none reads a table of which there is much from one end to the other. */
  async function expectIndexed(read: (db: Database) => Promise<unknown>, ...named: string[]): Promise<void> {
    const plans = await plansOf(opened, read);
    expect(plans.length).toBeGreaterThan(0);
    for (const { statement, readWhole } of plans) expect(readWhole.filter(isLarge), statement).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes)).toEqual(expect.arrayContaining(named));
  }

  const clientFilters = {
    'by nothing': [{}, 'client_listed', 'client_counted'],
    'with hidden ones': [{ withHidden: true }, 'client_listed', 'client_counted'],
    'by type': [{ type: 'company' }, 'client_listed', 'client_counted'],
    'by status': [{ status: 'disabled' }, 'client_listed', 'client_counted'],
    'by part of the name': [{ name: 'a1b2' }, 'client_name_part'],
    'by type and status': [{ type: 'device', status: 'active' }, 'client_listed', 'client_counted'],
  } as const;

  it.each(Object.entries(clientFilters))('of clients are read by indexes: %s', async (_, [filter, ...indexes]) => {
    const { environmentId } = place;
    const part = { environmentId, filter, limit: 100 };
    await expectIndexed((db) => listClients(db, { ...part, offset: 0 }), ...indexes);
    await expectIndexed((db) => listClients(db, { ...part, offset: clients - 100 }));
  });

  it('of clients are read by indexes: by what all names hold', async () => {
    const part = { environmentId: place.environmentId, filter: { name: 'CUSTOMER' }, limit: 100, offset: 0 };
    await expectIndexed((db) => listClients(db, part), 'client_listed', 'client_named');
    expect((await listClients(opened.db, part)).total).toBe(clients);
  });

  it('of clients are read by indexes: by template, with their keys and what was counted', async () => {
    const { environmentId } = place;
    const filter = { templateId };
    await expectIndexed((db) => listClients(db, { environmentId, filter, limit: 100, offset: 0 }), 'client_listed');
    const { rows } = await listClients(opened.db, { environmentId, filter, limit: 100, offset: 0 });
    expect(rows).toHaveLength(100);
    const ids = rows.map(({ id }) => id);
    const keyIds = (await listShownKeys(opened.db, ids)).map(({ id }) => id);
    expect(keyIds).toHaveLength(100 * keysPerClient);
    await expectIndexed((db) => listShownKeys(db, ids), 'api_key_client');
    await expectIndexed((db) => readClientTotals(db, ids), 'client_total_pkey');
    await expectIndexed((db) => readKeyTotals(db, keyIds), 'key_total_pkey');
    await expectIndexed((db) => countClientsOf(db, templateId));
    await expectIndexed((db) => countEnvironments(db, [environmentId], new Date(nowMs)), 'client_counted');
  });

  const keyFilters: Record<string, [KeyFilter, ...string[]]> = {
    'by nothing': [{}, 'api_key_listed'],
    'that are active': [{ status: 'active' }, 'api_key_listed'],
    'that have expired': [{ status: 'expired' }, 'api_key_listed_ending'],
    'that were revoked': [{ status: 'revoked' }, 'api_key_listed_stopped'],
    'that are disabled': [{ status: 'disabled' }, 'api_key_listed_stopped'],
    'that were not revoked': [{ status: 'unrevoked' }, 'api_key_listed'],
    'by part of the name': [{ name: 'nothing' }, 'api_key_name_part'],
    'by their beginning': [{ prefix: 'apikee_a1' }, 'api_key_hint'],
    'by an expiry': [{ expiresBefore: daysAgo(300) }, 'api_key_listed_ending'],
    'by their age': [{ createdBefore: daysAgo(3) }, 'api_key_listed'],
    'that are not used': [{ unusedSince: daysAgo(1) }, 'api_key_listed', 'key_total_pkey'],
    'that are not used and have not expired': [{ unusedSince: daysAgo(1), status: 'active' }, 'api_key_listed'],
    'of a client': [{ clientId: newId() }, 'api_key_client'],
    'of a product': [{ productId: newId() }],
    'by ids': [{ ids: [newId(), newId()] }, 'api_key_pkey'],
  };

  it.each(Object.entries(keyFilters))('of keys are read by indexes: %s', async (_, [filter, ...indexes]) => {
    await expectIndexed((db) => findKeys(db, keyPart(filter)), ...indexes);
    for (const reach of ['project', 'organization'] as const)
      await expectIndexed((db) => findKeys(db, { ...keyPart(filter), reach }));
  });

  function keyPart(filter: KeyFilter) {
    // Of unused keys 1,000 in 1,000,000 are counted; of as few as there are here that many would be looked for in the whole table.
    const countUpTo = filter.unusedSince ? 100 : 10_000;
    return { place, reach: 'environment', filter, now: new Date(nowMs), limit: 100, offset: 0, countUpTo } as const;
  }

  const auditFilters: Record<string, [AuditFilter, string]> = {
    'by nothing': [{}, 'audit_event_pkey'],
    'since a time': [{ from: daysAgo(7) }, 'audit_event_time'],
    'until a time': [{ to: daysAgo(180) }, 'audit_event_time'],
    'of a day': [{ from: daysAgo(181), to: daysAgo(180) }, 'audit_event_time'],
    'of a half-year': [{ from: daysAgo(360), to: daysAgo(180) }, 'audit_event_time'],
    'that were denied': [{ outcome: 'denied' }, 'audit_event_denied'],
    'of an action': [{ action: 'nothing.create' }, 'audit_event_action'],
    'of an actor': [{ actorId: newId() }, 'audit_event_actor'],
    'of a subject': [{ subjectId: newId() }, 'audit_event_subject'],
    'of an environment': [{ environmentId: newId() }, 'audit_event_environment'],
    'of an action and a time': [{ action: 'key.rotate', to: daysAgo(180) }, 'audit_event_time'],
  };

  it.each(Object.entries(auditFilters))('of the audit are read by indexes: %s', async (_, [filter, index]) => {
    const { organizationId } = place;
    const part = { organizationId, filter, limit: 51 };
    await expectIndexed((db) => listAudit(db, { ...part, before: undefined }), index);
    await expectIndexed((db) => listAudit(db, { ...part, before: 7_000 }));
    await expectIndexed(async (db) => {
      for await (const _ of walkAudit(db, { organizationId, filter, until: 20_000 })) return;
    });
  });

  it('of deliveries and of requests are read by indexes', async () => {
    for (const filter of [{}, { status: 'dead' }, { type: 'key.created' }] as const)
      await expectIndexed((db) => listDeliveries(db, { webhookId, filter, after: undefined, limit: 51 }));
    const { environmentId } = place;
    const moments = { from: new Date(logDayMs), to: new Date(logDayMs + dayMs / 24) };
    for (const filter of [{}, { clientId: newId() }, { isSuccess: false }, moments])
      await expectIndexed((db) => readLogs(db, { environmentId, filter, after: undefined, limit: 51 }));
  });
});

const large = ['client', 'client_total', 'api_key', 'key_total', 'audit_event', 'webhook_delivery', 'webhook_event'];
const isLarge = (table: string) => large.includes(table) || table.startsWith('request_log');

interface Place {
  environmentId: string;
  organizationId: string;
}

const webhook = ({ environmentId, organizationId }: Place) => `
  insert into webhook (id, organization_id, environment_id, url, events, enabled, created_at, updated_at)
  values ('${webhookId}', '${organizationId}', '${environmentId}', 'https://example.test', '{}', true, now(), now())`;
const events = ({ environmentId }: Place) => `
  insert into webhook_event (id, environment_id, type, payload, created_at)
  select gen_random_uuid(), '${environmentId}', case when n % 2 = 0 then 'key.created' else 'key.revoked' end, '{}', now()
  from generate_series(1, 20000) as n`;
const deliveries = () => `
  insert into webhook_delivery (webhook_id, event_id, status, attempts)
  select '${webhookId}', id, case when id::text < '01' then 'dead' else 'delivered' end, 1 from webhook_event`;
const lines = ({ environmentId }: Place) => `
  insert into request_log (decided_at, event_id, environment_id, client_id, key_id, verdict, endpoint, duration_us, cost,
    degraded)
  select to_timestamp(${logDayMs / 1_000} + n * 4), gen_random_uuid(), '${environmentId}', md5('c' || n % 100)::uuid,
    md5('k' || n % 300)::uuid, case when n % 50 = 0 then 'REVOKED' else 'ALLOWED' end, 'GET:/', 100, 1, false
  from generate_series(1, 20000) as n`;
