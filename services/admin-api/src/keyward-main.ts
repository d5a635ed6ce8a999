import { ConfigError } from '@keyward/kit/config';
import { ProblemError, UnexpectedAnswer } from '@keyward/management-client/problem-error';
import { isDatabaseAway } from '@keyward/stores/postgres/availability';
import { isMissingTable } from '@keyward/stores/postgres/sql-state';
import { StoreAway } from '@keyward/stores/store-away';
import { CommanderError } from 'commander';
import { BadFinding, UsageError } from './commands/command.ts';
import { commands } from './commands/commands.ts';
import { keywardProgram } from './commands/program.ts';

/**
 * `keyward <command>`: what operators run beside the services. Ends with 1 and a sentence when it could not be done or found
 * something bad, with 2 when it was not asked for properly.
 */
const isJson = process.argv.includes('--json');
const toOutput = (line: string) => void process.stdout.write(`${line}\n`);
const toErrors = (line: string) => void process.stderr.write(`${line}\n`);

const program = keywardProgram({
  commands,
  async run(command, given) {
    // Whoever reads JSON reads nothing else.
    const report = isJson ? toErrors : toOutput;
    const result = await command.run({ environment: process.env, report, given });
    if (isJson) toOutput(JSON.stringify(typeof result === 'object' ? result : { done: true }));
  },
});

function explain(error: unknown): string {
  const { message } = error as Error;
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof BadFinding) return message;
  if (error instanceof ProblemError) return `${message} (${error.code}, request ${error.requestId})`;
  if (error instanceof UnexpectedAnswer) return message;
  if (error instanceof StoreAway) return `Redis cannot be reached at REDIS_URL (${message}). Run it again.`;
  if (isDatabaseAway(error)) return `Postgres cannot be reached at DATABASE_URL (${message}). Run it again.`;
  if (isMissingTable(error))
    return `The database has an older schema, or none (${message}). Run keyward migrate first.`;
  if (error instanceof TypeError && message === 'fetch failed') return 'Nobody answers at KEYWARD_URL. Is it right?';
  return `It was not done: ${message}. Run it again.`;
}

try {
  await program.parseAsync();
} catch (error) {
  // What commander refuses it has explained by itself; help and the like it ends with 0.
  const isExplained = error instanceof CommanderError;
  if (isJson && error instanceof BadFinding) toOutput(JSON.stringify(error.finding));
  if (!isExplained) toErrors(explain(error));
  const isHelp = isExplained && error.exitCode === 0;
  process.exitCode = isHelp ? 0 : isExplained || error instanceof UsageError ? 2 : 1;
}
