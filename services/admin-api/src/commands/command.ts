export interface CommandContext {
  environment: NodeJS.ProcessEnv;
  /** Prints a line for whoever runs it. */
  report(line: string): void;
}

/** One thing that an operator does from a shell. */
export interface Command {
  /** The words that call it. */
  name: string;
  summary: string;
  /** Throws what `keyward` explains. */
  run(context: CommandContext): Promise<void>;
}
