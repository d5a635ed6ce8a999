import { adminApi } from '@keyward/admin-api/service';
import { type Clock, systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { createLogger } from '@keyward/kit/logger';
import { startService } from '@keyward/kit/service';
import { findFirstOwner } from '@keyward/stores/postgres/accounts';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { freshMemoryUrl } from '../backends/isolate.ts';
import { type Installation, prepareInstallation } from './prepare-installation.ts';
import type { Caller } from './wire-client.ts';

/** admin-api by itself, as a browser and the gateway reach it. */
export interface Management extends AsyncDisposable, Pick<Installation, 'secrets'> {
  url: string;
  /** Where its metrics are, if METRICS_PORT was given. */
  metricsUrl: string | undefined;
  db: Database;
  organizationId: string;
  /** The first owner. */
  owner: Installation['owner'];
  /** The owner's calls, by account key. */
  byKey: Caller;
  clock: TestClock;
  /** All that it has logged, at every level. */
  logged(): string;
  /** Another admin-api on the same stores, as a replica or with other variables. */
  another(
    environment?: Record<string, string>,
  ): Promise<Pick<Management, 'url' | 'metricsUrl' | 'owner'> & AsyncDisposable>;
}

/** The time of day, which a test may move on, and stop. */
export class TestClock implements Clock {
  #aheadMs = 0;
  #stoppedAtMs: number | undefined;

  nowMs = () => (this.#stoppedAtMs ?? systemClock.nowMs()) + this.#aheadMs;
  monotonicMs = () => systemClock.monotonicMs();

  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  stop(): void {
    this.#stoppedAtMs = systemClock.nowMs();
  }
}

/** `environment`: admin-api's variables beyond those that it cannot do without. */
export async function runManagement(
  databaseUrl: string,
  environment: Record<string, string> = {},
): Promise<Management> {
  await using starting = new AsyncDisposableStack();
  const { secrets, accountKey, owner } = starting.use(await prepareInstallation(databaseUrl));
  const { db } = starting.use(await openDatabase(databaseUrl));
  const clock = new TestClock();
  const redisUrl = freshMemoryUrl();
  const lines: string[] = [];
  const logger = createLogger({
    service: adminApi.name,
    level: 'trace',
    schemas: [...adminApi.schemas, adminApi.config],
    destination: {
      write(line) {
        lines.push(line);
        if (/"level":"(error|fatal)"/.test(line)) process.stderr.write(line);
      },
    },
  });
  const start = (variables: Record<string, string>) => {
    const config = loadConfig(adminApi.config, {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      SERVICE_TOKEN: secrets.serviceToken,
      PEPPER: secrets.pepper,
      PROJECTION_KEY: secrets.projectionKey,
      MASTER_KEY: secrets.masterKey,
      ...variables,
    });
    return startService(adminApi, { config, host: '127.0.0.1', port: 0, logLevel: 'trace', clock, logger });
  };
  const { url, metricsUrl } = starting.use(await start(environment));
  const organizationId = (await findFirstOwner(db))?.organizationId ?? '';
  const running = starting.move();
  return {
    url,
    metricsUrl,
    db,
    secrets,
    owner,
    organizationId,
    byKey: { url, headers: { authorization: `Bearer ${accountKey}` } },
    clock,
    logged: () => lines.join(''),
    async another(variables = environment) {
      const service = await start(variables);
      const { url, metricsUrl } = service;
      return { url, metricsUrl, owner, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
