import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretsCreate } from '@keyward/admin-api/commands/secrets-create';
import { loadConfig } from '@keyward/kit/config';
import { Process } from '@keyward/kit/process-config';
import { stopPatienceMs } from '@keyward/kit/stop-on-signal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeService, readComposeFile } from '../src/infra/compose-file.ts';
import { configurationFaults } from '../src/infra/configuration-faults.ts';
import type { Program } from '../src/infra/programs.ts';

const { services, networks, volumes } = readComposeFile();
const running = ['gateway', 'validator', 'ingest', 'admin-api'] as const;
const stores = ['redis', 'postgres', 'kafka'] as const;
const serviceOf = (name: string): ComposeService => {
  const service = services[name];
  if (!service) throw new Error(`compose has no service ${name}`);
  return service;
};
const mountsOf = (name: string) =>
  (serviceOf(name).volumes ?? []).map((text) => {
    const [volume = '', at = '', mode] = text.split(':');
    return { volume, at, mode };
  });
const networksOf = (name: string) => serviceOf(name).networks ?? [];
const reached = (name: string) =>
  Object.keys(services).filter(
    (other) => other !== name && networksOf(other).some((one) => networksOf(name).includes(one)),
  );

describe('docker-compose.yml', () => {
  const directory = mkdtempSync(join(tmpdir(), 'compose-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  // As the service `secrets` of the file is told to.
  beforeAll(async () => {
    const words = serviceOf('secrets').command ?? [];
    const after = (option: string) => words[words.indexOf(option) + 1] ?? '';
    const given = { directory, postgres: after('--postgres'), redis: after('--redis') };
    await secretsCreate.run({ environment: {}, given, report: () => undefined });
  });

  /** What `secrets` put into the volume that is mounted there. */
  function fileAt(service: string, path: string): string | undefined {
    const mount = mountsOf(service).find(({ at }) => path.startsWith(`${at}/`));
    const filled = mountsOf('secrets').find(({ volume }) => volume === mount?.volume);
    if (!mount || !filled) return undefined;
    const file = join(directory, filled.at.replace('/secrets/', ''), path.slice(mount.at.length));
    return existsSync(file) ? file : undefined;
  }

  it.each<[string, Program]>([
    ...running.map((name): [string, Program] => [name, name]),
    ['migrate', 'keyward migrate'],
    ['setup', 'keyward setup'],
  ])('gives %s all variables that it needs, and none that it does not know', (service, program) => {
    const given = Object.entries(serviceOf(service).environment ?? {});
    const environment = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    expect(configurationFaults({ program, environment, fileAt: (path) => fileAt(service, path) })).toEqual([]);
  });

  it('publishes the gateway, on loopback, and nothing else', () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name, { ports }]) => [name, ports])).toEqual([['gateway', ['127.0.0.1:7700:8080']]]);
  });

  it('lets each service reach what it has to, and nothing else', () => {
    expect(reached('gateway').toSorted()).toEqual(['admin-api', 'validator']);
    expect(reached('validator').toSorted()).toEqual(['gateway', 'kafka', 'redis']);
    expect(reached('ingest').toSorted()).toEqual(['kafka', 'postgres']);
    expect(reached('admin-api').toSorted()).toEqual(['gateway', 'migrate', 'postgres', 'redis', 'setup']);
    expect(serviceOf('secrets').network_mode).toBe('none');
    const open = Object.keys(networks).filter((name) => networks[name]?.internal !== true);
    const withWayOut = Object.keys(services).filter((name) => networksOf(name).some((one) => open.includes(one)));
    expect(withWayOut).toEqual(['gateway', 'admin-api']);
  });

  it('shows each container the secrets of its own, and lets it change none', () => {
    for (const [name, { at, mode, volume }] of Object.keys(services).flatMap((name) =>
      mountsOf(name).map((mount) => [name, mount] as const),
    )) {
      expect(volumes).toHaveProperty(volume);
      if (name === 'secrets' || !volume.endsWith('-secrets')) continue;
      const holder = name === 'setup' ? 'admin-api' : name;
      expect([name, volume, at, mode]).toEqual([name, `${holder}-secrets`, '/run/secrets', 'ro']);
    }
  });

  it('runs what is ours with the least that it needs', () => {
    for (const name of [...running, 'secrets', 'migrate', 'setup']) {
      expect(serviceOf(name), name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        deploy: { resources: { limits: { memory: expect.any(String) } } },
      });
    }
    for (const name of stores) expect(serviceOf(name).deploy?.resources.limits.memory, name).toBeDefined();
  });

  it('starts nothing before what it needs is healthy or done', () => {
    const conditions = {
      service_healthy: [...running, ...stores],
      service_completed_successfully: ['secrets', 'migrate', 'setup'],
    };
    const waits = Object.values(services).flatMap(({ depends_on = {} }) => Object.entries(depends_on));
    expect(waits.length).toBeGreaterThan(5);
    for (const [on, { condition }] of waits) expect(conditions).toHaveProperty(condition, expect.arrayContaining([on]));
    const before = (name: string): string[] =>
      Object.keys(serviceOf(name).depends_on ?? {}).flatMap((one) => [one, ...before(one)]);
    expect([...new Set(before('gateway'))].toSorted()).toEqual([
      'admin-api',
      'kafka',
      'migrate',
      'postgres',
      'redis',
      'secrets',
      'setup',
      'validator',
    ]);
    expect(before('ingest')).toContain('migrate');
  });

  it('leaves each service the time to stop in', () => {
    const neededMs = loadConfig(Process, {}).DRAIN_MS + stopPatienceMs;
    for (const name of running) {
      const [, seconds] = /^(\d+)s$/.exec(serviceOf(name).stop_grace_period ?? '') ?? [];
      expect(Number(seconds) * 1_000, name).toBeGreaterThan(neededMs);
    }
  });

  it('builds each service by its name', () => {
    const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
    expect(built.map(([name, { build, image }]) => [name, build?.args.SERVICE, image])).toEqual(
      running.map((name) => [name, name, `keyward/${name}:latest`]),
    );
  });
});
