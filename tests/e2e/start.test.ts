import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@keyward/tests/backends/free-port';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { StartCommand } from '@keyward/tests/platform/start-command';
import { call, validatePlain, validateSealed } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('npm start [embedded]', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyward-start-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const callers = (quickstart: Record<string, string>) => ({
    app: { url: quickstart.gatewayUrl ?? '', headers: { 'x-api-key': quickstart.serverKey ?? '' } },
    owner: { url: quickstart.gatewayUrl ?? '', headers: { authorization: `Bearer ${quickstart.accountKey}` } },
  });

  it('runs, validates the printed key as pasted, stops with 0 on Ctrl-C, and keeps everything over a restart', async () => {
    const data = join(folder, 'main data');
    let first: Record<string, string>;
    {
      await using command = new StartCommand(['--port', '0', '--data', data]);
      first = await command.running(data);
      expect(Object.keys(first)).toEqual(
        expect.arrayContaining(
          'gatewayUrl adminUrl dashboardUrl projectEnv serverKey serverPublicKey signingSecret clientId customerKey adminEmail adminPassword'.split(
            ' ',
          ),
        ),
      );
      expect((await stat(join(data, 'quickstart.json'))).mode & 0o777).toBe(0o600);
      const curl = /^ {2}(curl (?:.*\\\n)*.*)$/m.exec(command.output)?.[1] ?? '';
      expect(JSON.parse(execFileSync('bash', ['-c', curl], { encoding: 'utf8' }))).toMatchObject({
        success: true,
        clientId: first.clientId,
      });

      const { app } = callers(first);
      const sealed = await validateSealed(app, first.serverPublicKey ?? '', {
        key: first.customerKey ?? '',
        clientId: first.clientId ?? '',
      });
      expect(sealed.body).toMatchObject({ success: true, project_env: first.projectEnv });
      await call(app, 'POST', '/client', { body: { name: 'kept', keys: [{ name: 'k' }] } });
      const ended = await command.interrupt();
      expect(ended, ended.output).toMatchObject({ code: 0 });
    }
    {
      await using command = new StartCommand(['--port', '0', '--data', data]);
      const second = await command.running(data);
      const { gatewayUrl: _1, adminUrl: _2, dashboardUrl: _3, ...kept } = second;
      expect(first).toMatchObject(kept);
      const { app } = callers(second);
      expect((await validatePlain(app, { key: first.customerKey ?? '' })).body).toMatchObject({ success: true });
      // What was counted just before the stop was drained, not dropped.
      const { body } = await waitUntil(
        async () => {
          const answer = await call(app, 'GET', `/client/${first.clientId}`);
          return answer.body.stats.total >= 3 ? answer : undefined;
        },
        { what: 'three counted decisions', timeoutMs: 2_000 },
      );
      expect(body.stats).toMatchObject({ total: 3, success: 3 });
      expect((await call(app, 'GET', '/client?name=kept')).body.pagination.total).toBe(1);

      const other = new StartCommand(['--port', '0', '--data', data]);
      const refused = await other.ended();
      expect(refused.code).toBe(1);
      expect(refused.output).toMatch(
        /Another Keyward runs on .*main data; stop it, or give another directory with --data\./,
      );
      await command.interrupt();
    }
    await rm(join(data, 'quickstart.json'));
    {
      await using command = new StartCommand(['--port', '0', '--data', data]);
      const third = await command.running(data);
      const { clientId, signingSecret, serverPublicKey, adminEmail, projectEnv } = first;
      expect(third).toMatchObject({ clientId, signingSecret, serverPublicKey, adminEmail, projectEnv });
      expect(third).toMatchObject({ serverKey: null, customerKey: null, adminPassword: null });
      const { owner } = callers(third);
      expect((await call(owner, 'GET', `/client?project_env=${projectEnv}`)).status).toBe(200);
      await command.interrupt();
    }
  });

  it('killed half-way through its first start, starts as if for the first time', async () => {
    const data = join(folder, 'killed');
    {
      await using command = new StartCommand(['--port', '0', '--data', data]);
      await waitUntil(() => existsSync(join(data, 'postgres', 'PG_VERSION')), {
        what: 'a database',
        timeoutMs: 30_000,
      });
      void command; // killed at the end of this block
    }
    await using command = new StartCommand(['--port', '0', '--data', data]);
    const quickstart = await command.running(data);
    for (const value of Object.values(quickstart)) expect(value).toEqual(expect.any(String));
    expect(existsSync(join(data, 'first-start'))).toBe(false);
    await command.interrupt();
  });

  it('says in one sentence that a port is taken, and ends with 1', async () => {
    const port = await freePort([1]);
    const server = createServer().listen(port, '127.0.0.1');
    await waitUntil(() => server.listening, { what: 'a taken port', timeoutMs: 2_000 });
    await using command = new StartCommand(['--port', `${port}`, '--data', join(folder, 'port')]);
    const { code, output } = await command.ended();
    server.close();
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} is taken by another program; give another with --port.`);
    expect(output).not.toContain('    at ');
  });

  it.each([
    ['below a file', () => join(folder, 'a-file', 'data')],
    ['where the system lets nobody write', () => '/proc/keyward'],
    ['that is a file', () => join(folder, 'a-file')],
  ])('says in one sentence that a data directory %s cannot be written, and ends with 1', async (_, directory) => {
    await writeFile(join(folder, 'a-file'), '');
    await using command = new StartCommand(['--port', '0', '--data', directory()]);
    const { code, output } = await command.ended();
    expect(code).toBe(1);
    expect(output).toMatch(/The data directory .* cannot be (written|locked) \(.*\); give another with --data\./);
    expect(output).not.toContain('    at ');
  });

  it.each([
    [['--port', 'http'], '--port http is not a port'],
    [['--colour'], "Unknown option '--colour'"],
  ])('refuses %j and says what is possible', async (args, sentence) => {
    await using command = new StartCommand(args);
    const { code, output } = await command.ended();
    expect(code).toBe(1);
    expect(output).toContain(sentence);
  });
});
