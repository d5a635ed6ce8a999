import { NewPassword } from '@keyward/contract/routes/session';
import { systemClock } from '@keyward/kit/clock';
import { ConfigError, loadConfig } from '@keyward/kit/config';
import { newSecret } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import Type from 'typebox';
import { passwordFault } from '../accounts/password-fault.ts';
import { resetPassword } from '../accounts/reset-password.ts';
import { AdminApiConfig } from '../config.ts';
import { type Command, requiredText, UsageError } from './command.ts';

export const ResetPasswordConfig = Type.Object({
  DATABASE_URL: AdminApiConfig.properties.DATABASE_URL,
  KEYWARD_NEW_PASSWORD: Type.Optional({
    ...NewPassword,
    description: 'What they sign in with from then on; without it one is made up and printed, once.',
  }),
});

/** Whoever may write to the database may do it: nobody's old password is asked for. */
export const userResetPassword: Command = {
  name: 'user reset-password',
  summary: 'gives somebody who has forgotten theirs another password, and ends their sessions',
  options: [{ flags: '--email <e-mail>', description: 'whose it is' }],
  async run(context) {
    const email = requiredText(context, 'email');
    const config = loadConfig(ResetPasswordConfig, context.environment);
    const password = config.KEYWARD_NEW_PASSWORD ?? newSecret();
    const fault = passwordFault(password, email);
    if (fault !== undefined) throw new ConfigError([`KEYWARD_NEW_PASSWORD ${fault}`]);
    await using database = await openDatabase(config.DATABASE_URL);
    const reset = await resetPassword({ db: database.db, clock: systemClock }, { email, password });
    if (!reset) throw new UsageError(`Nobody has the e-mail address ${email}.`);
    context.report(`${email} has another password; sessions that ended: ${reset.endedSessions}.`);
    if (config.KEYWARD_NEW_PASSWORD !== undefined) return reset;
    context.report(`The password, which is shown this once: ${password}`);
    return { ...reset, password };
  },
};
