import { loadConfig } from '@keyward/kit/config';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate as migrateDatabase } from '@keyward/stores/postgres/migrate';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import type { Command } from './command.ts';

export const MigrateConfig = Type.Pick(AdminApiConfig, ['DATABASE_URL']);

export const migrate: Command = {
  name: 'migrate',
  summary: 'brings Postgres to the newest schema; before each new version, for services never do it at their start',
  async run({ environment, report }) {
    const { DATABASE_URL } = loadConfig(MigrateConfig, environment);
    // An index over all that was ever counted takes its time.
    await using database = await openDatabase(DATABASE_URL, { queryTimeoutMs: 0 });
    const applied = await migrateDatabase(database.db);
    report(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}.`);
    return { applied };
  },
};
