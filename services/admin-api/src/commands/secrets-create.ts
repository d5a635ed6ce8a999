import { systemClock } from '@keyward/kit/clock';
import { createSecrets } from '../installation/create-secrets.ts';
import { type Command, requiredText, textOf } from './command.ts';

/** May be run any number of times: what is there stays, for nothing that was made with it could be read again. */
export const secretsCreate: Command = {
  name: 'secrets create',
  summary: 'makes the secrets of a new installation, a folder for each service; leaves those that are there',
  options: [
    { flags: '--directory <path>', description: 'where the folders are made' },
    {
      flags: '--postgres <host:port/database>',
      description: 'makes a password for the user keyward of this Postgres, too',
    },
    { flags: '--redis <host:port/number>', description: 'makes users for this Redis, too' },
  ],
  async run(context) {
    const made = createSecrets({
      directory: requiredText(context, 'directory'),
      nowMs: systemClock.nowMs(),
      postgres: textOf(context, 'postgres'),
      redis: textOf(context, 'redis'),
    });
    context.report(made.length === 0 ? 'All secrets are there already.' : `Made: ${made.join(', ')}.`);
    return { made };
  },
};
