import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Who may import whom (ARCHITECTURE.md has the same table). */
const services = ['gateway', 'validator', 'ingest', 'admin-api'];
const allowed: Record<string, readonly string[]> = {
  contract: [],
  keyformat: [],
  envelope: [],
  decision: ['contract'],
  kit: ['contract'],
  'management-client': ['contract'],
  sdk: ['keyformat', 'envelope', 'decision', 'management-client'],
  stores: ['contract', 'decision', 'kit'],
  gateway: ['contract', 'keyformat', 'envelope', 'decision', 'kit', 'stores'],
  validator: ['contract', 'keyformat', 'envelope', 'decision', 'kit', 'stores'],
  ingest: ['contract', 'keyformat', 'envelope', 'decision', 'kit', 'stores'],
  'admin-api': ['contract', 'keyformat', 'envelope', 'decision', 'kit', 'stores', 'management-client'],
  local: ['contract', 'keyformat', 'envelope', 'kit', 'stores', ...services],
};

/** Libraries with one room each. */
const rooms: Record<string, RegExp> = {
  ioredis: /^packages\/stores\//,
  pg: /^packages\/stores\//,
  kysely: /^packages\/stores\//,
  'kysely/migration': /^packages\/stores\//,
  '@electric-sql/pglite': /^packages\/stores\//,
  kafkajs: /^packages\/stores\//,
  fastify: /^(packages\/kit\/|packages\/sdk\/src\/adapters\/|services\/[^/]+\/src\/routes\/)/,
  pino: /^packages\/kit\//,
  '@noble/curves': /\/test\//,
};
/** The gateway holds no store (design: least privilege between services). */
const forbidden: Record<string, readonly string[]> = { gateway: ['stores'] };

interface Import {
  file: string;
  from: string;
}

const sources = globSync(['packages/*/src/**/*.ts', 'services/*/src/**/*.ts'], { cwd: root }).sort();
const specifiers = /^(?:import|export)\b[^';]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;
const imports: Import[] = sources.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(specifiers)].map(([, from, bare, dynamic]) => ({
    file,
    from: from ?? bare ?? dynamic ?? '',
  })),
);
const roomOf = (file: string) => file.split('/')[1] ?? '';

describe('the import table', () => {
  it('reads every source', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(new Set(sources.map(roomOf))).toEqual(new Set(Object.keys(allowed)));
    expect(imports.length).toBeGreaterThan(sources.length);
  });

  it('is kept: a room imports only the rooms that it may', () => {
    const wrong = imports.filter(({ file, from }) => {
      const target = /^@keyward\/([^/]+)/.exec(from)?.[1];
      if (target === undefined || target === roomOf(file)) return false;
      return !allowed[roomOf(file)]?.includes(target) || forbidden[roomOf(file)]?.includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it('has no way around: relative imports stay in their own room', () => {
    const wrong = imports.filter(({ file, from }) => {
      if (!from.startsWith('.')) return false;
      const target = relative(root, join(root, dirname(file), from));
      return target.split('/').slice(0, 3).join('/') !== file.split('/').slice(0, 3).join('/');
    });
    expect(wrong).toEqual([]);
  });

  it('keeps stores’ and servers’ libraries in their rooms', () => {
    const wrong = imports.filter(({ file, from }) => {
      const library = Object.keys(rooms).find((name) => from === name || from.startsWith(`${name}/`));
      return library !== undefined && !rooms[library]?.test(file);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the management client on types alone, so that whoever takes it takes nothing else', () => {
    const files = sources.filter((file) => roomOf(file) === 'management-client');
    const atRunTime = /^(?:import|export) (?!type\b)[^';]*?\bfrom '([^.][^']*)'/gm;
    const taken = files.flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(atRunTime)]);
    expect(files.length).toBeGreaterThan(0);
    expect(taken.map(([line]) => line)).toEqual([]);
  });

  it('keeps keyformat and envelope on node:crypto and nothing else', () => {
    const wrong = imports.filter(
      ({ file, from }) =>
        ['keyformat', 'envelope'].includes(roomOf(file)) && !from.startsWith('.') && from !== 'node:crypto',
    );
    expect(wrong).toEqual([]);
  });
});

describe('time, chance and the environment', () => {
  const users = (pattern: RegExp) =>
    sources.filter((file) =>
      pattern.test(readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    );

  it('come in by name: only the clock reads the clock', () => {
    expect(users(/\bDate\.now\(|new Date\(\)/).filter((file) => !/(kit|sdk)\/src\/clock\.ts$/.test(file))).toEqual([]);
  });

  it('come in by name: chance comes from the random module and the crypto packages', () => {
    expect(users(/\bMath\.random\(/)).toEqual([]);
  });

  it('come in by name: only mains read the environment, and only the launchable ones end the process', () => {
    const mayRead =
      /(kit\/src\/main|sdk\/src\/(node|edge)\/runtime|local\/src\/main|admin-api\/src\/keyward-main)\.ts$/;
    expect(users(/\bprocess\.env\b/).filter((file) => !mayRead.test(file))).toEqual([]);
    const mayExit = /(kit\/src\/(main|stop-on-signal)|local\/src\/main)\.ts$/;
    expect(users(/\bprocess\.exit\(/).filter((file) => !mayExit.test(file))).toEqual([]);
  });
});
