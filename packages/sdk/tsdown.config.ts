import { resolve } from 'node:path';
import { defineConfig, type Rolldown, type UserConfig } from 'tsdown';

const here = import.meta.dirname;

/** What the package is in every build: everything of this workspace inside, frameworks and Node's own modules outside. */
const common: UserConfig = {
  cwd: here,
  outDir: 'dist',
  target: 'es2023',
  deps: { alwaysBundle: [/^@keyward\//, /^@noble\//], neverBundle: ['express', 'fastify', 'hono', /^@nestjs\//] },
  fixedExtension: false,
  clean: false,
  minify: false,
  logLevel: 'warn',
  // TypeScript 7 has no API for JavaScript; Oxc makes declarations file by file, which isolated declarations are for.
  dts: { generator: 'oxc' },
};

const node: UserConfig = {
  ...common,
  entry: {
    index: 'src/index.ts',
    express: 'src/adapters/express.ts',
    fastify: 'src/adapters/fastify.ts',
    hono: 'src/adapters/hono.ts',
    nest: 'src/adapters/nest.ts',
    fetch: 'src/adapters/fetch.ts',
    management: 'src/management.ts',
  },
  format: ['esm', 'cjs'],
  platform: 'node',
  alias: { '#runtime': resolve(here, 'src/node/runtime.ts') },
};

/** keyformat keeps what needs Buffer in one file. */
const withoutBuffer: Rolldown.Plugin = {
  name: 'without-buffer',
  resolveId(source, importer) {
    const isHex =
      source === '@keyward/keyformat/hex' || (source === './hex.ts' && importer?.includes('/keyformat/src/'));
    return isHex ? resolve(here, 'src/edge/hex.ts') : undefined;
  },
};

/** Without Node's modules: WebCrypto, `fetch`, and hashes in JavaScript for what has to answer at once. */
const edge: UserConfig = {
  ...common,
  entry: {
    index: 'src/edge/index.ts',
    hono: 'src/adapters/hono.ts',
    fetch: 'src/adapters/fetch.ts',
    management: 'src/management.ts',
  },
  outDir: 'dist/edge',
  format: 'esm',
  platform: 'neutral',
  alias: { '#runtime': resolve(here, 'src/edge/runtime.ts'), 'node:crypto': resolve(here, 'src/edge/node-crypto.ts') },
  plugins: [withoutBuffer],
};

export default defineConfig([node, edge]);
