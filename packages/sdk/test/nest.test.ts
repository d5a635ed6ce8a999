import type { ExecutionContext } from '@nestjs/common';
import { expect, test } from 'vitest';
import { KeywardGuard, RequireScope } from '../src/adapters/nest.ts';
import { Keyward } from '../src/keyward.ts';

const keyward = new Keyward({ secret: 'a' });
const guard = new KeywardGuard({ keyward });

class Base {}
class Controller extends Base {
  handler(): void {}
}

// As TypeScript applies decorators, which Node does not read: the one that stands above comes later.
RequireScope('base')(Base);
RequireScope('own')(Controller);
const handler = Object.getOwnPropertyDescriptor(Controller.prototype, 'handler');
for (const scope of ['another', 'one']) RequireScope(scope)(Controller.prototype, 'handler', handler ?? {});

/** The parts of Nest's context that the guard asks for. */
function contextOf(type: string, key = '', answered: unknown[] = []): ExecutionContext {
  const request = { method: 'GET', url: '/', headers: { 'x-api-key': key } };
  const reply = { status: () => reply, header: () => reply, send: (body: unknown) => answered.push(body) };
  const context = {
    getType: () => type,
    getClass: () => Controller,
    getHandler: () => Controller.prototype.handler,
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => reply }),
  };
  return context as unknown as ExecutionContext; // the rest is not asked for
}

test('each scope that is put on a handler, on its controller, or on what that extends is needed', async () => {
  const scopes = ['base', 'own', 'one', 'another'];
  expect(await guard.canActivate(contextOf('http', await keyward.create('acme', { scopes })))).toBe(true);
  for (const missing of scopes) {
    const answered: unknown[] = [];
    const key = await keyward.create('acme', { scopes: scopes.filter((scope) => scope !== missing) });
    void guard.canActivate(contextOf('http', key, answered));
    await expect.poll(() => answered).toMatchObject([{ error: 'INSUFFICIENT_SCOPE', message: new RegExp(missing) }]);
  }
});

test('what comes over HTTP and is no route is not open by mistake; messages are left to guards of their own', async () => {
  await expect(guard.canActivate(contextOf('graphql'))).rejects.toThrow(/graphql.*keyward\/express/);
  for (const type of ['rpc', 'ws']) expect(await guard.canActivate(contextOf(type))).toBe(true);
});
