import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { keywardPlugin } from '../src/adapters/fastify.ts';
import { Keyward } from '../src/keyward.ts';

it('an instance within a protected one may be protected once more, by a header of its own', async () => {
  const outer = new Keyward({ secret: 'outer' });
  const inner = new Keyward({ secret: 'inner', headerName: 'x-admin-key' });
  await using app = fastify();
  await app.register(keywardPlugin, { keyward: outer });
  app.get('/data', async ({ keyward }) => ({ tenant: keyward.tenant }));
  await app.register(async (admin) => {
    await admin.register(keywardPlugin, { keyward: inner });
    admin.get('/admin', async ({ keyward }) => ({ tenant: keyward.tenant }));
  });
  const outerKey = { 'x-api-key': await outer.create('acme') };
  const bothKeys = { ...outerKey, 'x-admin-key': await inner.create('root') };
  const get = async (url: string, headers: Record<string, string>) => (await app.inject({ url, headers })).json();
  expect(await get('/data', outerKey)).toEqual({ tenant: 'acme' });
  expect(await get('/admin', outerKey)).toMatchObject({ error: 'MISSING_KEY' });
  expect(await get('/admin', bothKeys)).toEqual({ tenant: 'root' });
});
