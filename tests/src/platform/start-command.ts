import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../backends/wait-until.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ended {
  code: number | null;
  output: string;
}

/** `npm start -- <args>`, as somebody at a terminal would run it. */
export class StartCommand implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #output = '';

  constructor(args: string[], environment: NodeJS.ProcessEnv = {}) {
    const { DATABASE_URL: _1, REDIS_URL: _2, EVENT_LOG_URL: _3, ...inherited } = process.env;
    // A group of its own, so that a test that fails can end all of it.
    this.#child = spawn('npm', ['start', '--', ...args], {
      cwd: root,
      env: { ...inherited, ...environment },
      detached: true,
    });
    const { promise, resolve, reject } = Promise.withResolvers<Ended>();
    this.#ended = promise;
    this.#child.stdout?.on('data', (chunk) => (this.#output += chunk));
    this.#child.stderr?.on('data', (chunk) => (this.#output += chunk));
    this.#child.once('error', reject);
    this.#child.once('close', (code) => resolve({ code, output: this.#output }));
  }

  get output(): string {
    return this.#output;
  }

  /** What it wrote to `quickstart.json`, once it says that it runs. */
  async running(data: string): Promise<Record<string, string>> {
    const ready = () => this.#output.includes('Keyward is running.') || this.#child.exitCode !== null;
    await waitUntil(ready, { what: `npm start to run, which printed: ${this.#output}`, timeoutMs: 60_000 });
    if (this.#child.exitCode !== null) throw new Error(`npm start ended: ${this.#output}`);
    return JSON.parse(readFileSync(join(data, 'quickstart.json'), 'utf8'));
  }

  /** Ctrl-C, as a terminal sends it: to the whole foreground group. */
  interrupt(): Promise<Ended> {
    this.#signal('SIGINT');
    return this.#ended;
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#signal('SIGKILL');
    await this.#ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }
}
