import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Controller, Get, type INestApplication, Module, Param, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import * as forExpress from 'keyward/adapters/express';
import * as forFastify from 'keyward/adapters/fastify';
import { protectFetch } from 'keyward/adapters/fetch';
import * as forHono from 'keyward/adapters/hono';
import { KeywardGuard, RequireScope } from 'keyward/adapters/nest';
import type { Keyward } from 'keyward/keyward';

/**
 * One application in each framework: `GET /users/:id` for any good key, which answers `{tenant, id}`; `GET /admin` for the scope
 * `admin`; `GET /health` for everybody.
 */
export interface GuardedApp extends AsyncDisposable {
  url: string;
}

type StartApp = (keyward: Keyward) => Promise<GuardedApp>;

const startExpress: StartApp = async (keyward) => {
  const app = express();
  app.use(forExpress.keywardMiddleware({ keyward }));
  app.get('/health', (_, response) => void response.json({ ok: true }));
  const users = express.Router();
  users.get('/:id', (request, response) => {
    response.json({ tenant: request.keyward?.tenant, id: request.params.id });
  });
  app.use('/users', users);
  app.get('/admin', forExpress.requireScope('admin'), (_, response) => void response.json({ ok: true }));
  return listen(app);
};

const startFastify: StartApp = async (keyward) => {
  const app = fastify();
  await app.register(forFastify.keywardPlugin, { keyward });
  app.get('/health', async () => ({ ok: true }));
  app.register(async (users) => {
    users.get<{ Params: { id: string } }>('/users/:id', async ({ keyward: { tenant }, params }) => ({
      tenant,
      id: params.id,
    }));
  });
  app.get('/admin', { preHandler: forFastify.requireScope('admin') }, async () => ({ ok: true }));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, [Symbol.asyncDispose]: () => app.close() };
};

const startHono: StartApp = async (keyward) => {
  const app = new Hono();
  app.use('*', forHono.keywardMiddleware({ keyward }));
  app.get('/health', (c) => c.json({ ok: true }));
  app.get('/users/:id', (c) => c.json({ tenant: c.get('keyward').tenant, id: c.req.param('id') }));
  app.get('/admin', forHono.requireScope('admin'), (c) => c.json({ ok: true }));
  return listen(getRequestListener(app.fetch));
};

const startFetch: StartApp = async (keyward) => {
  const routeOf = ({ url }: Request) => (/^\/users\/[^/]+$/.test(new URL(url).pathname) ? '/users/:id' : undefined);
  const users = protectFetch(
    ({ url }, { claims }) => Response.json({ tenant: claims?.tenant, id: new URL(url).pathname.split('/').at(-1) }),
    { keyward, route: routeOf },
  );
  const admin = protectFetch(() => Response.json({ ok: true }), { keyward, scopes: ['admin'], route: () => '/admin' });
  return listen(
    getRequestListener((request) => (new URL(request.url).pathname === '/admin' ? admin(request) : users(request))),
  );
};

// Decorators are applied as functions, so that the sources need no compiler.
class Users {
  one(id: string, { keyward }: { keyward: { tenant: string } }) {
    return { tenant: keyward.tenant, id };
  }

  admin() {
    return { ok: true };
  }

  health() {
    return { ok: true };
  }
}
Controller()(Users);
decorate('one', Get('/users/:id'));
Param('id')(Users.prototype, 'one', 0);
Req()(Users.prototype, 'one', 1);
decorate('admin', Get('/admin'));
decorate('admin', RequireScope('admin'));
decorate('health', Get('/health'));

class UsersModule {}
Module({ controllers: [Users] })(UsersModule);

function decorate(name: keyof Users, decorator: MethodDecorator): void {
  const descriptor = Object.getOwnPropertyDescriptor(Users.prototype, name);
  if (descriptor) decorator(Users.prototype, name, descriptor);
}

async function startNest(app: INestApplication, keyward: Keyward): Promise<GuardedApp> {
  app.useGlobalGuards(new KeywardGuard({ keyward }));
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), [Symbol.asyncDispose]: () => app.close() };
}

/** By the name of the framework. */
export const guardedApps: Readonly<Record<string, StartApp>> = {
  Express: startExpress,
  Fastify: startFastify,
  Hono: startHono,
  'Nest on Express': async (keyward) =>
    startNest(await NestFactory.create(UsersModule, new ExpressAdapter(), { logger: false }), keyward),
  'Nest on Fastify': async (keyward) =>
    startNest(await NestFactory.create(UsersModule, new FastifyAdapter(), { logger: false }), keyward),
  'a fetch handler': startFetch,
};

async function listen(listener: RequestListener): Promise<GuardedApp> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
