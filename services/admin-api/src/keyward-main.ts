import { ConfigError } from '@keyward/kit/config';
import { isDatabaseAway } from '@keyward/stores/postgres/availability';
import { StoreAway } from '@keyward/stores/store-away';
import type { Command } from './commands/command.ts';
import { migrate } from './commands/migrate.ts';
import { projectionRebuild } from './commands/projection-rebuild.ts';

/** `keyward <command>`: what operators run beside the services. Ends with 1 and a sentence when it could not be done. */
const commands: readonly Command[] = [migrate, projectionRebuild];

class UsageError extends Error {}

function commandOf(words: readonly string[]): Command {
  const asked = words.join(' ');
  const command = commands.find(({ name }) => name === asked);
  if (command) return command;
  const known = commands.map(({ name, summary }) => `  keyward ${name.padEnd(20)} ${summary}`);
  const complaint = asked === '' ? [] : [`There is no command "${asked}".`];
  throw new UsageError([...complaint, 'Commands:', ...known].join('\n'));
}

function explain(error: unknown): string {
  const { message } = error as Error;
  if (error instanceof UsageError || error instanceof ConfigError) return message;
  if (error instanceof StoreAway) return `Redis cannot be reached at REDIS_URL (${message}). Run it again.`;
  if (isDatabaseAway(error)) return `Postgres cannot be reached at DATABASE_URL (${message}). Run it again.`;
  return `It was not done: ${message}. Run it again.`;
}

try {
  const report = (line: string) => void process.stdout.write(`${line}\n`);
  await commandOf(process.argv.slice(2)).run({ environment: process.env, report });
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
