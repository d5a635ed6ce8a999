import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from '@keyward/tests/reference-pages';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = await referencePages();
const documents = globSync('**/*.md', { cwd: root, exclude: (name) => /node_modules|\.cache|\.keyward/.test(name) });

describe('the documents', () => {
  it.each(pages)('$path says what the code says', ({ path, text }) => {
    expect(read(path)).toBe(text);
  });

  it('link to what is there', () => {
    const broken = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path} → ${target}`),
    );
    expect(documents.length).toBeGreaterThan(5);
    expect(broken).toEqual([]);
  });

  it('name tests that are there', () => {
    const named = [...read('ARCHITECTURE.md').matchAll(/`((?:tests|services|packages)\/[\w./-]+)`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('say of each promise of other systems which test holds it, or that it is open', () => {
    const promises = read('docs/compatibility.md')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (-|promise)/.test(line));
    const faults = promises.flatMap((line) => {
      const tests = [...line.matchAll(/`([\w/-]+\.test\.ts)`((?:,? “[^”]*”)*)/g)];
      if (tests.length === 0 && !line.includes('_open_')) return [line];
      return tests.flatMap(([named, path = '', titles = '']) => {
        if (!existsSync(join(root, path))) return [named];
        return [...titles.matchAll(/“([^”]*)”/g)].flatMap(([, title = '']) =>
          read(path).includes(title) ? [] : [`${path} ${title}`],
        );
      });
    });
    expect(promises.length).toBeGreaterThan(40);
    expect(faults).toEqual([]);
  });

  it('give every dependency its line', () => {
    const page = read('docs/decisions/dependencies.md');
    const manifests = [
      'package.json',
      'tests/package.json',
      ...globSync(['packages/*/package.json', 'services/*/package.json'], { cwd: root }),
    ];
    const used = manifests.flatMap((path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
      return Object.keys({ ...dependencies, ...devDependencies });
    });
    const external = [...new Set(used)].filter((name) => !name.startsWith('@keyward/') && !name.startsWith('@types/'));
    expect(external.filter((name) => !page.includes(name))).toEqual([]);
  });
});
