import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { loadConfig } from '@keyward/kit/config';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import { type Command, requiredText } from './command.ts';
import { runPostgresTool } from './postgres-tool.ts';

const needed = Type.Pick(AdminApiConfig, ['DATABASE_URL']);

/** Beside running services: a dump is a snapshot. It holds no secret in clear, so what opens it has to be kept elsewhere. */
export const backup: Command = {
  name: 'backup',
  summary: 'writes all that Postgres holds to a file, by pg_dump, while everything runs',
  options: [{ flags: '--to <file>', description: 'the file; one that is there is replaced once the new one is whole' }],
  async run(context) {
    const file = requiredText(context, 'to');
    const { environment, report } = context;
    const { DATABASE_URL: databaseUrl } = loadConfig(needed, environment);
    const partial = `${file}.partial`;
    await rm(partial, { force: true }); // of one that was broken off
    try {
      await writeFile(partial, '', { mode: 0o600 }); // before anything is in it; pg_dump leaves that as it is
      const args = ['--format=custom', '--no-owner', '--no-privileges', `--file=${partial}`];
      await runPostgresTool({ program: 'pg_dump', args, databaseUrl, environment });
      await rename(partial, file);
    } finally {
      await rm(partial, { force: true });
    }
    const { size: bytes } = await stat(file);
    report(`Written: ${file}, ${bytes} bytes.`);
    report(
      'It is of no use without PEPPER, PEPPER_WRAPS and MASTER_KEY, and SDKs need the keyring file: keep them elsewhere.',
    );
    return { file, bytes };
  },
};
