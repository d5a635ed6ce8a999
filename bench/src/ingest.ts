/**
 * What counting costs: events that lie in Kafka are counted and logged in a Postgres that waits for its disk.
 * `node_modules/node/bin/node bench/src/ingest.ts [events, in thousands]` prints events/s, CPU time per event
 * beside that of a bare echo before and after, and memory.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DecisionRequest } from '@keyward/contract/decisions';
import { validation } from '@keyward/contract/pipeline-event';
import { systemClock } from '@keyward/kit/clock';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { openEventProducer } from '@keyward/stores/open-event-log';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { shardOf } from '@keyward/stores/shards';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { durable, startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import { cpuTimeUs, endedCpuTimeUs } from './stack/cpu-time.ts';
import { echoCostUs } from './stack/echo-process.ts';
import { Images } from './stack/images.ts';
import { residentMb } from './stack/resident-memory.ts';

const events = Number(process.argv[2] ?? 2_000) * 1_000;
const clients = Array.from({ length: 1_000 }, () => ({ clientId: newId(), keyIds: Array.from({ length: 5 }, newId) }));
const endpoints = Array.from({ length: 20 }, (_, i) => `GET:/v1/resource-${i}/7`);
const appendedAtOnce = 10_000;
const logger = createLogger({ service: 'bench', level: 'silent', schemas: [DecisionRequest] });

await using stores = new AsyncDisposableStack();
const [postgres, kafka] = await Promise.all([
  startNativePostgres({ ...durable, max_wal_size: '4GB', shared_buffers: '1GB' }),
  startNativeKafka(),
]);
for (const server of [postgres, kafka]) stores.defer(() => server.stop());
const database = stores.use(await openDatabase(postgres.url));
await migrate(database.db);
const { id: environmentId } = await insertEnvironment(database.db);
const logUrl = `${kafka.url}/validation.v1`;
await produce();

const echoBeforeUs = await echoCostUs();

const startedMs = systemClock.monotonicMs();
await using images = await Images.open();
await using ingest = await images.start('ingest', {
  DATABASE_URL: postgres.url,
  EVENT_LOG_URL: logUrl,
});
const { pid } = ingest.process;
let maxRssMb = 0;
let flat = '';
for (let done = 0, shownMs = 0; done < events; ) {
  await sleep(500);
  done = await counted();
  const [rssMb, ms] = [residentMb(pid), systemClock.monotonicMs() - startedMs];
  maxRssMb = Math.max(maxRssMb, rssMb);
  if (ms - shownMs < 10_000 && done < events) continue;
  shownMs = ms;
  flat += ` ${rssMb}`;
}
const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
const cpu = { ingest: cpuTimeUs(pid), postgres: postgresCpuUs(), kafka: cpuTimeUs(kafka.pid) };
const perEvent = (us: number) => `${(us / events).toFixed(1)} µs`;
process.stdout.write(`
events                ${events}, ${clients.length} clients × 5 keys × ${endpoints.length} endpoints, logs: all
from start to end     ${seconds.toFixed(1)} s, ${Math.round(events / seconds)} events/s
CPU, ingest           ${perEvent(cpu.ingest)} per event
CPU, Postgres         ${perEvent(cpu.postgres)} per event
CPU, Kafka            ${perEvent(cpu.kafka)} per event, with taking them in
CPU, a bare echo      ${echoBeforeUs.toFixed(1)} µs per request before, ${(await echoCostUs()).toFixed(1)} µs after
RSS of ingest         at most ${maxRssMb} MB; every ten seconds:${flat}
lines in the logs     ${await lines()}
`);

async function produce(): Promise<void> {
  await using producer = await openEventProducer(logUrl, { logger });
  for (let from = 0; from < events; from += appendedAtOnce)
    await producer.append(
      Array.from({ length: Math.min(appendedAtOnce, events - from) }, newEvent),
      new AbortController().signal,
    );
}

function newEvent() {
  const { clientId, keyIds } = pick(clients);
  const id = newId();
  const event = {
    id,
    environmentId,
    clientId,
    keyId: pick(keyIds),
    verdict: Math.random() < 0.9 ? 'ALLOWED' : 'RATE_LIMITED',
    methodPath: pick(endpoints),
    name: 'checkout',
    ip: `203.0.113.${Math.floor(Math.random() * 256)}`,
    userAgent: 'bench/1.0 (Linux; x86_64) like any other of its kind',
    durationUs: Math.floor(200 + Math.random() ** 4 * 20_000),
    decidedAtMs: systemClock.nowMs(),
  };
  return { shard: shardOf(clientId), incarnation: 'bench', event: validation(event) };
}

function pick<T>(from: readonly T[]): T {
  const found = from[Math.floor(Math.random() * from.length)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}

async function counted(): Promise<number> {
  const row = await database.db
    .selectFrom('outbox_count')
    .select((select) => select.fn.sum<string>('counted').as('sum'))
    .executeTakeFirst();
  return Number(row?.sum ?? 0);
}

async function lines(): Promise<number> {
  const row = await database.db
    .selectFrom('request_log')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirst();
  return row?.count ?? 0;
}

/** Of the server and all that it started, also of connections that ended since. */
function postgresCpuUs(): number {
  const children = readFileSync(`/proc/${postgres.pid}/task/${postgres.pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean);
  return [postgres.pid, ...children.map(Number)].reduce((sum, of) => sum + cpuTimeUs(of), endedCpuTimeUs(postgres.pid));
}
