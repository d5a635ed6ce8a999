import { Email } from '@keyward/contract/email';
import { Secret } from '@keyward/contract/secret';
import { systemClock } from '@keyward/kit/clock';
import { ConfigError, loadConfig } from '@keyward/kit/config';
import { newSecret } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import Type from 'typebox';
import { passwordFault } from '../accounts/password-fault.ts';
import { AdminApiConfig } from '../config.ts';
import { setUpInstallation } from '../first-setup.ts';
import type { Command } from './command.ts';

export const SetupConfig = Type.Object({
  DATABASE_URL: AdminApiConfig.properties.DATABASE_URL,
  SETUP_EMAIL: { ...Email, description: 'The e-mail address of the first owner.' },
  SETUP_PASSWORD: Type.Optional(
    Secret(
      Type.String({
        minLength: 12,
        maxLength: 1_024,
        description: 'What they sign in with; without it one is made up and printed, once.',
      }),
    ),
  ),
  SETUP_ORGANIZATION: Type.String({
    minLength: 1,
    maxLength: 200,
    default: 'My organization',
    description: 'The name of the first organization.',
  }),
});

/** May be run any number of times, and by several jobs at once: only an installation without users gets one. */
export const setup: Command = {
  name: 'setup',
  summary: 'makes the first organization with its owner, on an installation that has no users yet',
  async run({ environment, report }) {
    const config = loadConfig(SetupConfig, environment);
    const { DATABASE_URL, SETUP_EMAIL: email, SETUP_ORGANIZATION: organization } = config;
    const password = config.SETUP_PASSWORD ?? newSecret();
    const fault = passwordFault(password, email);
    if (fault !== undefined) throw new ConfigError([`SETUP_PASSWORD ${fault}`]);
    await using database = await openDatabase(DATABASE_URL);
    const parts = { db: database.db, clock: systemClock };
    const made = await setUpInstallation(parts, { organization, email, password });
    if (!made) {
      report('There are users already: nothing was done.');
      return { made: false };
    }
    report(`Made the organization ${organization} (${made.organizationId}) with its owner, ${email}.`);
    if (config.SETUP_PASSWORD !== undefined) return { made: true, ...made };
    report(`Their password, which is shown this once: ${password}`);
    return { made: true, ...made, password };
  },
};
