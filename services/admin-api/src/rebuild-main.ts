import { systemClock } from '@keyward/kit/clock';
import { ConfigError, loadConfig } from '@keyward/kit/config';
import { createLogger } from '@keyward/kit/logger';
import { SecretBox } from '@keyward/kit/secret-box';
import { openProjectionStore } from '@keyward/stores/open-shards';
import { isDatabaseAway } from '@keyward/stores/postgres/availability';
import { openDatabase } from '@keyward/stores/postgres/database';
import { StoreAway } from '@keyward/stores/store-away';
import Type from 'typebox';
import { AdminApiConfig } from './config.ts';
import { Projector } from './projector.ts';
import { rewriteProjection } from './rewrite-projection.ts';

const needed = Type.Pick(AdminApiConfig, ['DATABASE_URL', 'REDIS_URL', 'MASTER_KEY', 'PROJECTION_KEY']);

/** The operator's command that rewrites the projection; a lost Redis needs it not, the services do that by themselves. */
async function main(): Promise<void> {
  const { DATABASE_URL, REDIS_URL, MASTER_KEY, PROJECTION_KEY } = loadConfig(needed, process.env);
  if (REDIS_URL.startsWith('memory:'))
    throw new ConfigError(['REDIS_URL is the memory of a process, which is written anew at each start']);
  await using database = await openDatabase(DATABASE_URL);
  const { db } = database;
  await using store = await openProjectionStore(REDIS_URL);
  const logger = createLogger({ service: 'projection-rebuild', level: 'warn', schemas: [AdminApiConfig] });
  const boxes = { master: new SecretBox(MASTER_KEY), projection: new SecretBox(PROJECTION_KEY) };
  const projector = new Projector({ db, store, boxes, clock: systemClock, logger });
  const report = (line: string) => void process.stdout.write(`${line}\n`);
  await rewriteProjection({ db, store, projector, clock: systemClock, report });
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { message } = error as Error;
  if (error instanceof StoreAway) return `Redis cannot be reached at REDIS_URL (${message}). Run it again.`;
  if (isDatabaseAway(error)) return `Postgres cannot be reached at DATABASE_URL (${message}). Run it again.`;
  return `The projection was not rewritten: ${message}. Run it again.`;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
