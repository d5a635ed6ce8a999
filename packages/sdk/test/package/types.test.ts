import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../../..');
const { alone, withPeers } = inject('published');

const options = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: 'es2023',
  module: 'nodenext',
  moduleResolution: 'nodenext',
};

/** What tsc says of these sources in this project; nothing, when they are right. */
async function faultsOf(project: string, sources: Record<string, string>, compilerOptions: object): Promise<string> {
  const folder = join(
    project,
    `types-${Object.keys(sources).join('-').replaceAll('.', '-')}-${Object.keys(compilerOptions).length}`,
  );
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(sources)) await writeFile(join(folder, name), text);
  const config = { compilerOptions: { ...options, ...compilerOptions }, include: ['./*'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { stdout } = await run(tsc, ['-p', folder, '--pretty', 'false']).catch((error) => error);
  return stdout;
}

const core = `
import { Apikee, type Claims, Keyward, KeywardError, type KeywardOptions, type Validation } from 'keyward';
import { protectFetch } from 'keyward/fetch';
import { createManagement, ExpiredKeyError, type ManagedKey } from 'keyward/management';

const options: KeywardOptions = { secret: 'a', failOpen: false };
const keyward: Apikee = new Keyward(options);
const key: string = await keyward.create('acme', { scopes: ['read'], expiresIn: '90d' });
const claims: Claims = keyward.verify(key);
const ends: Date | null = claims.expiresAt;
const validation: Validation = await keyward.validate({ key, method: 'GET', path: '/' });
if (!validation.allowed) throw new KeywardError(validation.code, validation.body.message);
export const handler: (request: Request) => Promise<Response> = protectFetch(
  (_, { claims }) => Response.json({ tenant: claims?.tenant, ends }),
  { keyward },
);
// @ts-expect-error: a tenant is a text
await keyward.create(7);
// @ts-expect-error: there is no such option
new Keyward({ secrett: 'a' });
const management = createManagement({ baseUrl: 'https://keys.example.com', credential: 'a' });
const managed: ManagedKey = await management.keys.create({ name: 'a', rateLimit: { requests: 1, window: 'minute' } });
for await (const { useCount } of management.keys.list({ status: 'active' })) useCount.toFixed();
await management.keys.verify(managed.rawKey).catch((error) => {
  const since: Date | undefined = error instanceof ExpiredKeyError ? error.expiredAt : undefined;
  return since;
});
// @ts-expect-error: a status is one of few
management.keys.list({ status: 'good' });
`;

const adapters = `
import { Controller, Get, UseGuards } from '@nestjs/common';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { Keyward } from 'keyward';
import { keywardMiddleware, requireScope } from 'keyward/express';
import { keywardPlugin, requireScope as requireFastifyScope } from 'keyward/fastify';
import { keywardMiddleware as honoMiddleware, requireScope as requireHonoScope } from 'keyward/hono';
import { KeywardGuard, RequireScope } from 'keyward/nest';

const keyward = new Keyward({ secret: 'a' });
const forExpress = express();
forExpress.use(keywardMiddleware({ keyward }));
forExpress.get('/data', requireScope('read'), (request, response) => {
  const tenant: string | undefined = request.keyward?.tenant ?? request.apikee?.tenant;
  response.json({ tenant });
});
const forFastify = fastify();
await forFastify.register(keywardPlugin, { keyward });
forFastify.get('/data', { preHandler: requireFastifyScope('read') }, async (request) => {
  const tenant: string = request.keyward.tenant;
  return { tenant };
});
const forHono = new Hono();
forHono.use('*', honoMiddleware({ keyward }));
forHono.get('/data', requireHonoScope('read'), (c) => {
  const tenant: string = c.get('keyward').tenant;
  return c.json({ tenant });
});
export class Data {
  read() {}
}
RequireScope('read')(Data);
UseGuards(new KeywardGuard({ keyward }))(Data);
Controller()(Data);
export const get = Get();
`;

/** Without `keyward/express`, whose types would bring the claims along. */
const nest = `
import type { Request } from 'express';
import { KeywardGuard } from 'keyward/nest';

export const guard = new KeywardGuard({ secret: 'a' });
export const tenantOf = (request: Request): string | undefined => request.keyward?.tenant ?? request.apikee?.tenant;
`;

/** Of the published package, with its import changed. */
const migrated = `
import {
  Apikee, type ApikeeClaims, type ApikeeConfig, ApikeeError, ApikeeKeyEngine, type CreateClientOptions, decryptPayload,
  type EncryptedEnvelope, encryptPayload, hashKey, type KeyOptions, signRequest, verifyRequestSignature,
} from 'keyward';
import express from 'express';
import { apikeeMiddleware, type ExpressApikeeOptions, injectSwagger, requireScope } from 'keyward/express';
import { type ApikeePluginOptions, apikeePlugin, injectFastifySwagger } from 'keyward/fastify';
import { apikeeMiddleware as honoMiddleware, type HonoApikeeOptions, requireScope as honoScope } from 'keyward/hono';

const config: ApikeeConfig = { secrets: ['a'], headerName: 'x-key', defaultExpiresIn: '1d', failOpen: false, serverTimeout: 1 };
const apikee = new Apikee(config);
const forExpress: ExpressApikeeOptions = { apikee, excludePaths: new Set(['/health']) };
const forFastify: ApikeePluginOptions = { apikee };
const forHono: HonoApikeeOptions = { apikee, excludePaths: new Set(['/health']) };
const app = express();
app.use(apikee.expressMiddleware(), apikeeMiddleware(forExpress), requireScope('a'));
const document: Record<string, unknown> = {};
apikee.injectSwagger(document);
injectSwagger(document, 'x-key');
const ofSwaggerJsdoc: object = {};
injectSwagger(ofSwaggerJsdoc);
const client: CreateClientOptions = {
  name: 'Acme', clientType: 'company', keyName: 'k', templateId: 't', expiresAt: new Date(), meta: {}, ipWhitelist: [],
};
const key = await apikee.create('acme', { ...client, scopes: ['read'], expiresIn: '90d', notBefore: null, environment: 'test' });
const claims: ApikeeClaims = apikee.protect(key);
const options: KeyOptions = { tenant: 'acme', expiresIn: 1_000 };
const envelope: EncryptedEnvelope = encryptPayload({ name: 'default' }, 'a');
export const all = [
  new ApikeeKeyEngine(['a']).create(options), ApikeeError, decryptPayload(envelope, Buffer.alloc(32)), hashKey(key), claims.rawKey,
  signRequest('a', 'b', 'c', 'd'), verifyRequestSignature('a', 'b', 'c', 'd', 'e'), apikee.headerName, apikee.serverMode,
  apikeePlugin, injectFastifySwagger, honoMiddleware(forHono), honoScope('a'), forFastify,
];
`;

/** TypeScript takes top-level \`await\` in modules of ES only. */
const asCommonJs = (text: string) => {
  const imports = text.match(/^import .*;$/gm) ?? [];
  const rest = text.replace(/^import .*;$/gm, '').replaceAll(/^export /gm, '');
  return `${imports.join('\n')}\nexport async function main() {\n${rest}\n}`;
};

it('compiles without any framework, with the types of Node, by import and by require', async () => {
  const project = join(alone, '..', 'alone-with-node');
  await cp(alone, project, { recursive: true });
  await cp(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'), {
    recursive: true,
    dereference: true,
  });
  await cp(join(root, 'node_modules/.pnpm/node_modules/undici-types'), join(project, 'node_modules/undici-types'), {
    recursive: true,
    dereference: true,
  });
  expect(await faultsOf(project, { 'core.mts': core, 'core.cts': asCommonJs(core) }, { types: ['node'] })).toBe('');
});

it('compiles without any framework or the types of Node, as a bundler and an edge runtime see it', async () => {
  const lib = ['es2023', 'dom', 'dom.iterable'];
  const bundler = { lib, types: [], module: 'esnext', moduleResolution: 'bundler' };
  expect(await faultsOf(alone, { 'core.ts': core }, bundler)).toBe('');
  expect(await faultsOf(alone, { 'edge.ts': core }, { ...bundler, customConditions: ['workerd'] })).toBe('');
});

it('compiles with all frameworks, whose requests have claims', async () => {
  // Nest's own types say what their decorators need.
  const withNest = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')], experimentalDecorators: true };
  const sources = { 'adapters.mts': adapters, 'adapters.cts': asCommonJs(adapters) };
  expect(await faultsOf(withPeers, sources, withNest)).toBe('');
});

it('compiles for Nest alone, whose requests have claims, too', async () => {
  const withNest = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')], experimentalDecorators: true };
  expect(await faultsOf(withPeers, { 'nest.mts': nest }, withNest)).toBe('');
});

it('compiles what was written for the published package', async () => {
  const withNode = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
  expect(await faultsOf(withPeers, { 'migrated.mts': migrated }, withNode)).toBe('');
});

it('says what is wrong, so that the tests above mean something', async () => {
  const wrong = `import { Keyward } from 'keyward';\nexport const a: number = new Keyward({}).verify('a').tenant;\n`;
  const faults = await faultsOf(alone, { 'wrong.ts': wrong }, { lib: ['es2023', 'dom'], types: [] });
  expect(faults).toContain("Type 'string' is not assignable to type 'number'");
});
