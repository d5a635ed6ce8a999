import { Command as Program } from 'commander';
import type { Command, CommandContext } from './command.ts';

interface ProgramOptions {
  commands: readonly Command[];
  /** Runs what was asked for. */
  run(command: Command, given: CommandContext['given']): Promise<void>;
}

/** The commands as words, options and help. */
export function keywardProgram({ commands, run }: ProgramOptions): Program {
  const program = new Program('keyward')
    .description('What operators run beside the services.')
    .option('--json', 'print the result as JSON')
    .showHelpAfterError()
    .exitOverride();
  for (const command of commands) add(program, command, run);
  return program;
}

function add(program: Program, command: Command, run: ProgramOptions['run']): void {
  const { name, summary, arguments: names = [], options = [] } = command;
  const words = name.split(' ');
  const last = words.pop() ?? '';
  const parent = words.reduce(groupOf, program);
  const added = parent.command(last).description(summary).copyInheritedSettings(program);
  added.option('--json', 'print the result as JSON');
  for (const each of names) added.argument(each);
  for (const { flags, description } of options) added.option(flags, description);
  added.action(async () => {
    const found = names.map((each, i) => [each.replace(/[<>[\]]/g, ''), added.args[i]]);
    await run(command, { ...kebab(added.optsWithGlobals()), ...Object.fromEntries(found) });
  });
}

function groupOf(program: Program, word: string): Program {
  const known = program.commands.find((each) => each.name() === word);
  return known ?? program.command(word).copyInheritedSettings(program);
}

/** Options by the names that they were declared by: `--from-head` is `from-head`. */
function kebab(options: Record<string, unknown>): CommandContext['given'] {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value as string | boolean | undefined, // no option of ours is read into anything else
    ]),
  );
}
