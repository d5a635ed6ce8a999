import { systemClock } from '@keyward/kit/clock';
import { ConfigError, loadConfig } from '@keyward/kit/config';
import { createLogger } from '@keyward/kit/logger';
import { SecretBox } from '@keyward/kit/secret-box';
import { openProjectionStore } from '@keyward/stores/open-shards';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { openDatabase } from '@keyward/stores/postgres/database';
import Type, { type Static } from 'typebox';
import { AdminApiConfig } from '../config.ts';
import { Projector } from '../projection/projector.ts';
import { rewriteProjection } from '../projection/rewrite-projection.ts';
import type { Command, CommandContext } from './command.ts';

export const RebuildConfig = Type.Pick(AdminApiConfig, ['DATABASE_URL', 'REDIS_URL', 'MASTER_KEY', 'PROJECTION_KEY']);
type RebuildConfig = Static<typeof RebuildConfig>;

/** A lost Redis needs it not: the services write it anew by themselves. */
export const projectionRebuild: Command = {
  name: 'projection rebuild',
  summary: 'rewrites what validators decide by, after Postgres was restored from a backup or PROJECTION_KEY changed',
  async run({ environment, report }) {
    const config = loadConfig(RebuildConfig, environment);
    await using store = await openStore(config);
    await rebuildProjection(config, { store, report });
  },
};

/** What is to be written to. Throws ConfigError when nobody else would ever read it. */
export async function openStore({ REDIS_URL }: Pick<RebuildConfig, 'REDIS_URL'>): Promise<ProjectionStore> {
  if (REDIS_URL.startsWith('memory:'))
    throw new ConfigError(['REDIS_URL is the memory of a process, which is written anew at each start']);
  return openProjectionStore(REDIS_URL);
}

interface Rebuilding extends Pick<CommandContext, 'report'> {
  store: ProjectionStore;
}

export async function rebuildProjection(
  { DATABASE_URL, MASTER_KEY, PROJECTION_KEY }: RebuildConfig,
  { store, report }: Rebuilding,
): Promise<void> {
  await using database = await openDatabase(DATABASE_URL);
  const { db } = database;
  const logger = createLogger({ service: 'projection-rebuild', level: 'warn', schemas: [AdminApiConfig] });
  const boxes = { master: new SecretBox(MASTER_KEY), projection: new SecretBox(PROJECTION_KEY) };
  const projector = new Projector({ db, store, boxes, clock: systemClock, logger });
  await rewriteProjection({ db, store, projector, clock: systemClock, report });
}
