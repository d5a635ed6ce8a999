import { loadConfig } from '@keyward/kit/config';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import Type from 'typebox';
import { AdminApiConfig } from './config.ts';

/** The one-shot job that brings Postgres to the newest schema; services never do it at their start. */
const { DATABASE_URL } = loadConfig(Type.Pick(AdminApiConfig, ['DATABASE_URL']), process.env);
await using database = await openDatabase(DATABASE_URL);
const applied = await migrate(database.db);
process.stdout.write(applied.length === 0 ? 'The schema is up to date.\n' : `Applied: ${applied.join(', ')}.\n`);
