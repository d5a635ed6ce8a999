import { type ChildProcess, spawn } from 'node:child_process';
import { findProgram } from './find-program.ts';
import { lastLines } from './run-program.ts';
import { GaveUp, waitUntil } from './wait-until.ts';

export interface ServerCommand {
  program: string;
  args: readonly string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** The account to run under, when it is not ours. */
  account?: { uid: number; gid: number } | undefined;
  /** What asks the server to end soon and cleanly. */
  stopSignal?: NodeJS.Signals;
}

/** The one or the other: it ended by itself, or by a signal. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  /** The last of what it wrote, for error messages and for readiness. */
  output(): string;
  isRunning(): boolean;
  /** Resolves when it has ended, however that came. */
  readonly exit: Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it, by force after a while; resolves on its exit event and never before. */
  stop(): Promise<void>;
  /** SIGKILL, also to a stopped (SIGSTOP) process; resolves on its exit event. */
  kill(): Promise<void>;
}

/** They end with us, however many there are. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

const keptOutputBytes = 64_000;
const gracefulStopMs = 8_000;

/** Starts a server that dies with this process, however this process ends (where `setpriv` exists). */
export function startServerProcess(command: ServerCommand): ServerProcess {
  const child = spawnTied(command);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.program} could not be started`);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-keptOutputBytes);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exit = new Promise<Exit>((fulfil) => child.once('exit', (code, signal) => fulfil({ code, signal })));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  children.add(child);
  void exit.then(() => children.delete(child));

  const endBy = async (signal: NodeJS.Signals) => {
    if (isRunning()) child.kill(signal);
    await exit;
  };
  return {
    pid,
    output: () => output,
    isRunning,
    exit,
    signal: (signal) => void child.kill(signal),
    kill: () => endBy('SIGKILL'),
    async stop() {
      const force = setTimeout(() => child.kill('SIGKILL'), gracefulStopMs);
      // A stopped process would not hear the request to end.
      if (isRunning()) child.kill('SIGCONT');
      await endBy(command.stopSignal ?? 'SIGTERM');
      clearTimeout(force);
    },
  };
}

/** Waits until `ready` holds; a server that ends before is reported at once, with its last words. */
export function waitForServer(
  server: ServerProcess,
  ready: () => Promise<boolean> | boolean,
  { what, timeoutMs }: { what: string; timeoutMs: number },
): Promise<true> {
  const check = async () => {
    if (!server.isRunning()) throw new GaveUp(`${what} ended on start: ${lastLines(server.output(), 4)}`);
    return (await ready()) ? (true as const) : false;
  };
  return waitUntil(check, { what: `${what} to be ready`, timeoutMs });
}

function spawnTied({ program, args, cwd, env, account }: ServerCommand): ChildProcess {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  const options = {
    cwd,
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    ...account,
  };
  const child = setpriv
    ? spawn(setpriv, ['--pdeathsig', 'KILL', program, ...args], options)
    : spawn(program, args, options);
  // Without a listener a failed spawn would end the whole process; `pid` stays undefined and says it.
  child.once('error', () => undefined);
  return child;
}
