import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverCertificate } from './server-certificate.ts';
import { listen } from './servers.ts';

const run = promisify(execFile);

/** Answers with what it is sent, and says that it keeps connections for ten minutes. */
function patient<S extends Server>(server: S): S {
  server.keepAliveTimeout = 600_000;
  server.on('request', (request, response) => request.pipe(response));
  return server;
}

/** What `node` says of its calls to two servers, once it has ended by itself. */
async function callsOf(node: string, script: string): Promise<{ said: string[]; stderr: string; connections: number }> {
  let connections = 0;
  const server = patient(createServer()).on('connection', () => {
    connections += 1;
  });
  const origin = `http://127.0.0.1:${await listen(server)}`;
  const tlsOrigin = `https://localhost:${await listen(patient(createTlsServer(serverCertificate)))}`;
  const args = [script, origin, tlsOrigin, serverCertificate.cert, 'é€'];
  const { stdout, stderr } = await run(node, args, { timeout: 40_000 });
  return { said: JSON.parse(stdout), stderr, connections };
}

// Shorter than connections are kept, longer than a process takes to start on a busy machine.
describe('a process that has made its calls', { timeout: 45_000 }, () => {
  it('ends by itself, though its connections are open', async () => {
    const { said, stderr, connections } = await callsOf(process.execPath, join(import.meta.dirname, 'call-once.ts'));
    expect(said).toEqual(['é€', 'é€', 'é€', 'é€', 'network', process.versions.node]);
    expect(stderr).toBe('');
    expect(connections).toBe(2);
  });

  it('does so on the Node that this machine has, which may be an older one', async () => {
    const { said, stderr } = await callsOf(machinesNode(), strippedScript());
    expect(said.slice(0, 5)).toEqual(['é€', 'é€', 'é€', 'é€', 'network']);
    expect(Number.parseInt(said[5] ?? '', 10)).toBeGreaterThanOrEqual(20);
    expect(stderr).toBe('');
  });
});

/** The first `node` of the PATH that is not the project's own, which npm puts before it. */
function machinesNode(): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const found = folders
    .map((folder) => join(folder, 'node'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error('there is no node on the PATH');
  return found;
}

/** The sources as JavaScript, in the same two folders; for a Node that does not strip types. */
function strippedScript(): string {
  const root = mkdtempSync(join(tmpdir(), 'keyward-sdk-http-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const sources = join(import.meta.dirname, '../../src/http');
  for (const [from, to] of [
    [sources, 'src/http'],
    [import.meta.dirname, 'test/http'],
  ] as const) {
    mkdirSync(join(root, to), { recursive: true });
    for (const file of readdirSync(from)) {
      const code = stripTypeScriptTypes(readFileSync(join(from, file), 'utf8')).replaceAll(".ts';", ".mjs';");
      writeFileSync(join(root, to, file.replace(/\.ts$/, '.mjs')), code);
    }
  }
  return join(root, 'test/http/call-once.mjs');
}
