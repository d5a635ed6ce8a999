import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';

const run = promisify(execFile);
const { tarball, alone, withPeers } = inject('published');
const installed = join(alone, 'node_modules', 'keyward');
const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
const attw = join(
  dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')),
  'dist/index.js',
);

describe('the published package', () => {
  it('brings nothing with it, and asks for no framework', async () => {
    expect([manifest.dependencies, manifest.optionalDependencies]).toEqual([undefined, undefined]);
    const optional = Object.keys(manifest.peerDependencies).map((name) => [name, { optional: true }]);
    expect(manifest.peerDependenciesMeta).toEqual(Object.fromEntries(optional));
    const folders = await readdir(join(alone, 'node_modules'));
    expect(folders.filter((name) => !name.startsWith('.'))).toEqual(['keyward']);
    // Nor of what it is built with, which nobody else could install.
    expect([manifest.devDependencies, manifest.scripts]).toEqual([undefined, undefined]);
  });

  it('is packed by pnpm only: npm would leave it leading to sources that are not in it', async () => {
    const packed = run('npm', ['pack', '--dry-run'], { cwd: join(import.meta.dirname, '../..') });
    await expect(packed).rejects.toMatchObject({ stderr: expect.stringContaining('packed and published by pnpm') });
  });

  it('holds what was built, its licence and how it is used, and no sources', async () => {
    const files = await readdir(installed, { recursive: true, withFileTypes: true });
    const names = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const outside = names.map((name) => name.slice(installed.length + 1)).filter((name) => !name.startsWith('dist/'));
    expect(outside.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(names.filter((name) => name.endsWith('.ts') && !/\.d\.ts$/.test(name))).toEqual([]);
  });

  it('imports Node’s own modules and frameworks only, and on the edge no module of Node', async () => {
    const specifiers = async (folder: string) => {
      const files = (await readdir(join(installed, folder))).filter((name) => /\.c?[jt]s$/.test(name));
      const texts = await Promise.all(files.map((name) => readFile(join(installed, folder, name), 'utf8')));
      const found = texts.flatMap((text) => [
        ...text
          .replace(/\/\*[\s\S]*?\*\//g, '')
          .matchAll(/(?:\bfrom|\brequire\(|\bimport\(?) ?["']([^"'.][^"']*)["']/g),
      ]);
      return [...new Set(found.map(([, name = '']) => name))].sort();
    };
    const frameworks = ['@nestjs/common', 'express', 'fastify', 'hono', 'hono/route', 'hono/utils/handler'];
    const others = (await specifiers('dist')).filter((name) => !name.startsWith('node:'));
    expect(others).toEqual(frameworks);
    expect(await specifiers('dist/edge')).toEqual(['hono', 'hono/route', 'hono/utils/handler']);
  });

  it('takes nothing of Nest when it runs, of which an application may have several copies', async () => {
    for (const load of [`import('keyward/nest')`, `Promise.resolve(require('keyward/nest'))`]) {
      const type = load.startsWith('import') ? 'module' : 'commonjs';
      const code = `${load}.then(({ KeywardGuard }) => console.log(typeof KeywardGuard))`;
      const { stdout } = await run(process.execPath, [`--input-type=${type}`, '--eval', code], { cwd: alone });
      expect(stdout).toBe('function\n');
    }
  });

  it('is clean under publint, suggestions included', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that are right in every mode of resolution', async () => {
    // Nothing is left out: not Node 10's either, which knows no exports.
    const { stdout } = await run(process.execPath, [attw, tarball, '--format', 'json']).catch((error) => error);
    const { analysis, problems } = JSON.parse(stdout);
    expect(problems ?? {}).toEqual({});
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(
      ['.', './express', './fastify', './fetch', './hono', './management', './nest', './package.json'].sort(),
    );
    for (const { resolutions } of Object.values<{ resolutions: object }>(analysis.entrypoints))
      expect(Object.keys(resolutions).sort()).toEqual(['bundler', 'node10', 'node16-cjs', 'node16-esm']);
  });

  it.each([
    ['import', 'module', (name: string) => `await import('${name}')`],
    ['require', 'commonjs', (name: string) => `require('${name}')`],
  ])('is one library by %s: each adapter works with the class that the package exports', async (_, type, load) => {
    // Were there another of the class, its calls would not be counted.
    const head = `const { Keyward } = ${load('keyward')};
      const counted = {};
      let asked = '';
      const { isExcluded } = Keyward.prototype;
      Keyward.prototype.isExcluded = function (path) { counted[asked] = true; return isExcluded.call(this, path); };`;
    const parts = Object.entries(uses).map(
      ([name, use]) => `asked = '${name}'; { const each = ${load(`keyward/${name}`)}; await (${use}); }`,
    );
    const body = `${head}\n${parts.join('\n')}\nconsole.log(Object.keys(counted).join());`;
    const script = type === 'module' ? body : `(async () => {\n${body}\n})();`;
    const { stdout } = await run(process.execPath, [`--input-type=${type}`, '--eval', script], { cwd: withPeers });
    expect(stdout.trim()).toBe(Object.keys(uses).join());
  });
});

/** One request for a path that needs no key, to a Keyward that each adapter makes for itself. */
const uses = {
  express: `each.keywardMiddleware({ secret: 'a' })({ url: '/health', headers: {}, socket: {} }, {}, () => {})`,
  fastify: `(async () => {
    const hooks = {};
    const app = { hasRequestDecorator() { return true; }, addHook(name, hook) { hooks[name] = hook; } };
    await each.keywardPlugin(app, { secret: 'a' });
    await hooks.onRequest({ url: '/health', headers: {}, raw: {}, routeOptions: {} });
  })()`,
  hono: `each.keywardMiddleware({ secret: 'a' })({ req: { path: '/health' } }, () => {})`,
  nest: `new each.KeywardGuard({ secret: 'a' }).canActivate({
    getType: () => 'http',
    switchToHttp: () => ({ getRequest: () => ({ url: '/health' }) }),
  })`,
  fetch: `each.protectFetch(() => new Response(), { secret: 'a' })(new Request('http://localhost/health'))`,
};
