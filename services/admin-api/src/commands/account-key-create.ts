import { readPepper } from '@keyward/keyformat/pepper';
import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { openDatabase } from '@keyward/stores/postgres/database';
import Type from 'typebox';
import { keyForSomebody } from '../accounts/key-for-somebody.ts';
import { AdminApiConfig } from '../config.ts';
import { requireCurrentPepper } from '../pepper-state.ts';
import { type Command, requiredText, textOf, UsageError } from './command.ts';

const needed = Type.Pick(AdminApiConfig, ['DATABASE_URL', 'PEPPER', 'PEPPER_WRAPS', 'ACCOUNT_KEY_PREFIX']);

/** Whoever has the database and the pepper may do it: it is how the first owner comes to a key without signing in. */
export const accountKeyCreate: Command = {
  name: 'account-key create',
  summary: 'makes an account key for somebody, and prints it, once',
  options: [
    { flags: '--email <e-mail>', description: 'whose it is' },
    { flags: '--memo <text>', description: 'what it is for' },
  ],
  async run(context) {
    const email = requiredText(context, 'email');
    const config = loadConfig(needed, context.environment);
    const pepper = readPepper(config.PEPPER, config.PEPPER_WRAPS);
    await using database = await openDatabase(config.DATABASE_URL);
    const { db } = database;
    await requireCurrentPepper(db, pepper);
    const issuing = { db, clock: systemClock, pepper, prefix: config.ACCOUNT_KEY_PREFIX };
    const made = await keyForSomebody(issuing, { email, memo: textOf(context, 'memo') ?? null });
    if (!made) throw new UsageError(`Nobody has the e-mail address ${email}.`);
    context.report(`Their account key, which is shown this once: ${made.raw}`);
    return { id: made.id, key: made.raw };
  },
};
