import { validation } from '@keyward/contract/pipeline-event';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { startService } from '@keyward/kit/service';
import { openEventProducer } from '@keyward/stores/open-event-log';
import { askForCatchUp } from '@keyward/stores/postgres/catch-up';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { expect, it, vi } from 'vitest';
import { IngestConfig } from '../src/config.ts';
import { ingest } from '../src/service.ts';

const logger = createLogger({ service: 'test', level: 'silent', schemas: [IngestConfig] });
const never = new AbortController().signal;

/** An embedded database and log of their own, held open by the test, and the service on them. */
function stage() {
  const name = newId();
  const config = {
    DATABASE_URL: `pglite:memory:${name}`,
    EVENT_LOG_URL: `memory:${name}`,
    EVENT_RETENTION_DAYS: 8,
    LOG_RETENTION_DAYS: 30,
    USAGE_HOUR_RETENTION_DAYS: 90,
    MAX_ENDPOINTS: 10,
  };
  const start = () => startService(ingest, { config, host: '127.0.0.1', port: 0, logLevel: 'silent', logger });
  return { config, start };
}

function newEvent(): ValidationEvent {
  const [environmentId, clientId, keyId] = [newId(), newId(), newId()];
  const decidedAtMs = Date.now();
  return {
    id: newId(),
    environmentId,
    clientId,
    keyId,
    verdict: 'ALLOWED',
    methodPath: 'GET:/',
    durationUs: 9,
    decidedAtMs,
  };
}

function appended(count: number) {
  return Array.from({ length: count }, (_, shard) => ({ shard, event: validation(newEvent()) }));
}

const countClients = async (db: Database) => (await db.selectFrom('client_total').select('client_id').execute()).length;
const readiness = async (url: string) => (await fetch(`${url}/readyz`)).status;
const within = { timeout: 8_000, interval: 20 };

it('counts what is appended, and what is still in the log when it is stopped', { timeout: 20_000 }, async () => {
  const { config, start } = stage();
  await using database = await openDatabase(config.DATABASE_URL);
  await migrate(database.db);
  await using producer = await openEventProducer(config.EVENT_LOG_URL, { logger });
  const service = await start();
  await producer.append(appended(100), never);
  await vi.waitFor(async () => expect(await countClients(database.db)).toBe(100), within);
  expect(await readiness(service.url)).toBe(200);
  await producer.append(appended(3_000), never);
  await service[Symbol.asyncDispose]();
  expect(await countClients(database.db)).toBe(3_100);
});

it('tells those who ask when all that the log held is counted', { timeout: 15_000 }, async () => {
  const { config, start } = stage();
  await using database = await openDatabase(config.DATABASE_URL);
  const { db } = database;
  await migrate(db);
  await using producer = await openEventProducer(config.EVENT_LOG_URL, { logger });
  await producer.append(appended(500), never);
  expect(await askForCatchUp(db, 'test', new Date())).toBe(false);
  await using service = await start();
  void service;
  await vi.waitFor(async () => expect(await askForCatchUp(db, 'test', new Date())).toBe(true), within);
  expect(await countClients(db)).toBe(500);
});

it('waits for the tables, not ready, and then counts what came before', { timeout: 15_000 }, async () => {
  const { config, start } = stage();
  await using database = await openDatabase(config.DATABASE_URL);
  await using producer = await openEventProducer(config.EVENT_LOG_URL, { logger });
  await using service = await start();
  await producer.append(appended(10), never);
  expect(await readiness(service.url)).toBe(503);
  await migrate(database.db);
  await vi.waitFor(async () => expect(await countClients(database.db)).toBe(10), within);
  expect(await readiness(service.url)).toBe(200);
});

it('stays up while the database refuses, loses nothing, and stops all the same', { timeout: 15_000 }, async () => {
  const { config, start } = stage();
  await using database = await openDatabase(config.DATABASE_URL);
  const { db } = database;
  await migrate(db);
  await using producer = await openEventProducer(config.EVENT_LOG_URL, { logger });
  await using service = await start();
  await vi.waitFor(async () => expect(await readiness(service.url)).toBe(200), within);
  await db.schema.alterTable('consumer_offset').renameTo('away').execute();
  await producer.append(appended(50), never);
  await vi.waitFor(async () => expect(await readiness(service.url)).toBe(503), within);
  expect(await countClients(db)).toBe(0);
  await db.schema.alterTable('away').renameTo('consumer_offset').execute();
  await vi.waitFor(async () => expect(await countClients(db)).toBe(50), within);
});

it('counts a dead event once somebody asks for its replay, and says in its metrics what it does', {
  timeout: 20_000,
}, async () => {
  const { config, start } = stage();
  await using database = await openDatabase(config.DATABASE_URL);
  const { db } = database;
  await migrate(db);
  await using producer = await openEventProducer(config.EVENT_LOG_URL, { logger });
  await using service = await start();
  await producer.append(appended(20), never);
  await vi.waitFor(async () => expect(await countClients(db)).toBe(20), within);
  const value = Buffer.from(JSON.stringify(newEvent()));
  await db
    .insertInto('event_dead')
    .values({ id: newId(), value, reason: 'too large', replay_at: new Date() })
    .execute();
  await vi.waitFor(async () => expect(await countClients(db)).toBe(21), within);
  expect(await db.selectFrom('event_dead').selectAll().execute()).toEqual([]);
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^keyward_ingest_events_total\{outcome="counted"\} 20$/m);
    expect(metrics).toMatch(/^keyward_ingest_lag_events 0$/m);
    expect(metrics).toMatch(/^keyward_ingest_event_age_seconds\{event="newest"\} /m);
    expect(metrics).toMatch(/^keyward_ingest_batch_seconds_count [1-9]/m);
    expect(metrics).toMatch(/^keyward_ingest_log_restarts_total 0$/m);
  }, within);
});

it('does not start where the log keeps records for longer than their ids are remembered', async () => {
  const config = { ...stage().config, EVENT_LOG_URL: 'kafka://127.0.0.1:9/events?retentionDays=8' };
  const starting = startService(ingest, { config, host: '127.0.0.1', port: 0, logLevel: 'silent', logger });
  await expect(starting).rejects.toThrow('EVENT_RETENTION_DAYS');
});
