import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundledServices } from '../../infra/bundle-service.ts';
import { hadolint } from '../src/infra/hadolint.ts';
import { installFiles } from '../src/infra/install-files.ts';
import { withTool } from '../src/infra/with-tool.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const path = fileURLToPath(new URL('../../infra/service.Dockerfile', import.meta.url));
const lines = readFileSync(path, 'utf8').split('\n');

test('hadolint has nothing against the Dockerfile', { timeout: 300_000 }, async (context) => {
  const { code, output, errors } = await withTool('hadolint', context, () => hadolint(path));
  expect(`${output}${errors}`).toBe('');
  expect(code).toBe(0);
});

test('every service has an image, which none runs as root', () => {
  const stages = lines.flatMap((line) => /^FROM runtime AS (.+)$/.exec(line)?.[1] ?? []);
  expect(stages).toEqual(bundledServices);
  const users = lines.filter((line) => /^(FROM|USER) /.test(line)).join('\n');
  expect(users).not.toMatch(/USER 0\n(FROM|$)/);
  expect(users).toContain('USER 1000:1000');
});

test('Node itself is the first process, so that it is told when it has to end', () => {
  expect(lines).toContain('ENTRYPOINT ["node", "/app/main.mjs"]');
});

test('the build gets all that the lockfile is held against: or its install refuses', () => {
  const kept = readFileSync(`${root}/.dockerignore`, 'utf8')
    .split('\n')
    .flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);
  const isKept = (name: string) => kept.some((each) => name === each || name.startsWith(`${each}/`));
  expect(installFiles(root).filter((name) => !isKept(name))).toEqual([]);
});
