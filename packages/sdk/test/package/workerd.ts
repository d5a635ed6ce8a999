import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface WorkerOptions {
  program: string;
  /** A project with the package installed, and `worker.mjs`. */
  project: string;
  environment: Readonly<Record<string, string>>;
}

/** A process of workerd with `worker.mjs`, the edge build of the package and none of Node's modules. */
export interface Worker extends Disposable {
  url: string;
}

export async function startWorker({ program, project, environment }: WorkerOptions): Promise<Worker> {
  const build = join('node_modules', 'keyward', 'dist', 'edge');
  const names = (await readdir(join(project, build))).filter((name) => name.endsWith('.js'));
  const modules = [
    moduleOf('worker.mjs', 'worker.mjs'),
    moduleOf('checks.mjs', 'checks.mjs'),
    ...names.map((name) => moduleOf(`keyward/${name}`, join(build, name))),
  ];
  const bindings = Object.entries(environment).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  const config = join(project, 'workerd.capnp');
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.join(', ')}],
      bindings = [${bindings.join(', ')}],
      compatibilityDate = "2026-01-01",
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
  );
  const child = spawn(program, ['serve', config, '--control-fd=3'], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const told: string[] = [];
  child.stderr?.on('data', (chunk) => told.push(String(chunk)));
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`workerd ended: ${told.join('')}`)));
  const url = await Promise.race([listening(child.stdio[3]), ended]);
  ended.catch(() => undefined);
  return { url, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

function moduleOf(name: string, file: string): string {
  return `(name = ${JSON.stringify(name)}, esModule = embed ${JSON.stringify(file)})`;
}

/** workerd says which port it took in a line of JSON. */
async function listening(control: unknown): Promise<string> {
  for await (const line of createInterface({ input: control as NodeJS.ReadableStream })) {
    const { event, port } = JSON.parse(line);
    if (event === 'listen') return `http://127.0.0.1:${port}`;
  }
  throw new Error('workerd listens to nothing');
}
