export interface CommandContext {
  environment: NodeJS.ProcessEnv;
  /** Prints a line for whoever runs it. */
  report(line: string): void;
  /** What was given for the command's arguments and options, by their names. */
  given: Readonly<Record<string, string | boolean | undefined>>;
}

export interface CommandOption {
  /** As `--from-head <seq:hash>`; without `<…>` it is a switch. */
  flags: string;
  description: string;
}

/** One thing that an operator does from a shell. */
export interface Command {
  /** The words that call it. */
  name: string;
  summary: string;
  /** Each as `<id>`, or `[id]` where it may be left out. */
  arguments?: readonly string[];
  options?: readonly CommandOption[];
  /** Answers what `--json` prints, if there is more to say than that it is done. Throws what `keyward` explains. */
  run(context: CommandContext): Promise<unknown>;
}

/** The command did its work, and what it found is not good. */
export class BadFinding extends Error {
  readonly finding: object;

  constructor(message: string, finding: object) {
    super(message);
    this.finding = finding;
  }
}

/** What was asked makes no sense; the message says why. */
export class UsageError extends Error {}

/** What was given for an argument or an option that takes a value. */
export function textOf({ given }: Pick<CommandContext, 'given'>, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' ? value : undefined;
}

/** The same, where nothing can be done without. */
export function requiredText(context: Pick<CommandContext, 'given'>, name: string): string {
  const value = textOf(context, name);
  if (value === undefined) throw new UsageError(`--${name} is required`);
  return value;
}

/** What was given for an option that takes one of a few values. */
export function choiceOf<T extends string>(
  context: Pick<CommandContext, 'given'>,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = textOf(context, name);
  const chosen = choices.find((choice) => choice === value);
  if (value !== undefined && chosen === undefined) throw new UsageError(`--${name} is one of ${choices.join(', ')}`);
  return chosen;
}
