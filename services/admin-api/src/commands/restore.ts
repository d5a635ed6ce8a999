import { readPepper } from '@keyward/keyformat/pepper';
import { loadConfig } from '@keyward/kit/config';
import { SecretBox } from '@keyward/kit/secret-box';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { isAlone, isEmpty, vacuum } from '@keyward/stores/postgres/restored-database';
import { endAllSessions } from '@keyward/stores/postgres/user-sessions';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import { requireCurrentMasterKey } from '../master-key-state.ts';
import { requireCurrentPepper } from '../pepper-state.ts';
import { type Command, requiredText, UsageError } from './command.ts';
import { runPostgresTool } from './postgres-tool.ts';
import { openStore, RebuildConfig, rebuildProjection } from './projection-rebuild.ts';

const needed = Type.Object({
  ...RebuildConfig.properties,
  PEPPER: AdminApiConfig.properties.PEPPER,
  PEPPER_WRAPS: AdminApiConfig.properties.PEPPER_WRAPS,
});

/** While admin-api and ingest are stopped; gateways and validators go on. */
export const restore: Command = {
  name: 'restore',
  summary: 'fills an empty database from a backup, and makes validators decide by it; stop admin-api and ingest first',
  options: [
    { flags: '--from <file>', description: 'what keyward backup has written' },
    { flags: '--in-place', description: 'the database was restored already, by other means' },
  ],
  async run(context) {
    const { environment, report, given } = context;
    const config = loadConfig(needed, environment);
    const { DATABASE_URL: databaseUrl } = config;
    await using store = await openStore(config);
    await store.timeMs(); // a Redis that is away is told before anything changes
    await using database = await openDatabase(databaseUrl, { poolSize: 1, queryTimeoutMs: 0 });
    const { db } = database;
    if (!(await isAlone(db)))
      throw new UsageError('Others are connected to the database: stop admin-api and ingest, and run it again.');
    if (given['in-place'] !== true) {
      const file = requiredText(context, 'from');
      if (!(await isEmpty(db)))
        throw new UsageError('The database is not empty: make another, or drop this one first.');
      const args = ['--exit-on-error', '--single-transaction', '--no-owner', '--no-privileges', '--dbname=', file];
      await runPostgresTool({ program: 'pg_restore', args, databaseUrl, environment });
      report(`Restored from ${file}.`);
    }
    const applied = await migrate(db);
    report(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}.`);
    await requireCurrentPepper(db, readPepper(config.PEPPER, config.PEPPER_WRAPS));
    await requireCurrentMasterKey(db, new SecretBox(config.MASTER_KEY));
    report(`Ended: ${await endAllSessions(db)} sessions, for what ended since the backup is not known.`);
    await rebuildProjection(config, { store, report });
    await vacuum(db);
    report(
      'Start admin-api and ingest. Changes of account keys, members and passwords since the backup are undone: look at them.',
    );
  },
};
