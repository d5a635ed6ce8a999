import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ServerProcess extends Disposable {
  url: string;
  pid: number;
}

/** A script of this folder that listens and prints its URL, as a process of its own. */
export async function startServer(script: string): Promise<ServerProcess> {
  const server = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(server.stdout, 'data');
  return { url: String(chunk).trim(), pid: server.pid ?? 0, [Symbol.dispose]: () => void server.kill() };
}
