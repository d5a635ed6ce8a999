import 'reflect-metadata';
import { Catch, Controller, Get, HttpException, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type GuardOptions, KeywardGuard, RequireScope } from 'keyward/adapters/nest';
import { Keyward } from 'keyward/keyward';
import { afterEach, describe, expect, it } from 'vitest';

// Decorators are applied as functions, so that the sources need no compiler.
class Data {
  read() {
    return { ok: true };
  }
}
Controller()(Data);
const read = Object.getOwnPropertyDescriptor(Data.prototype, 'read') ?? {};
for (const decorate of [Get('/data'), RequireScope('read')]) decorate(Data.prototype, 'read', read);
class DataModule {}
Module({ controllers: [Data] })(DataModule);

interface Reply {
  status(status: number): { send(body: unknown): unknown };
}

/** An application's own way to tell of exceptions: it knows those of its own copy of Nest. */
class Filter {
  readonly seen: unknown[] = [];

  catch(error: unknown, host: { switchToHttp(): { getResponse(): Reply } }): void {
    this.seen.push(error);
    const status = error instanceof HttpException ? error.getStatus() : 500;
    host.switchToHttp().getResponse().status(status).send({ told: status });
  }
}
Catch()(Filter);

const platforms = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(platforms))('a guard of Nest on %s', (_, adapter) => {
  let app: INestApplication | undefined;
  const keyward = new Keyward({ secret: 'a secret' });
  afterEach(() => app?.close());

  async function run(options: GuardOptions = {}) {
    const filter = new Filter();
    app = await NestFactory.create(DataModule, adapter(), { logger: false });
    app.useGlobalFilters(filter);
    app.useGlobalGuards(new KeywardGuard({ keyward, ...options }));
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/data`;
    const ask = async (key?: string) => {
      const answer = await fetch(url, { headers: key ? { 'x-api-key': key } : {} });
      return [answer.status, answer.headers.get('content-type'), await answer.json()];
    };
    return { filter, ask };
  }

  it('answers refusals by itself, to the letter, whatever the application makes of exceptions', async () => {
    const { filter, ask } = await run();
    const json = 'application/json; charset=utf-8';
    expect(await ask()).toEqual([401, json, { error: 'MISSING_KEY', message: expect.any(String), status: 401 }]);
    const [status, type, body] = await ask(await keyward.create('acme', { scopes: ['write'] }));
    expect([status, type]).toEqual([403, json]);
    expect(body).toEqual({ error: 'INSUFFICIENT_SCOPE', message: expect.any(String), status: 403 });
    expect(await ask(await keyward.create('acme', { scopes: ['read'] }))).toEqual([200, json, { ok: true }]);
    expect(filter.seen).toEqual([]);
  });

  it('throws what the application’s filters know, where it is told how', async () => {
    const { filter, ask } = await run({ exception: ({ body, status }) => new HttpException(body, status) });
    expect(await ask()).toMatchObject([401, expect.any(String), { told: 401 }]);
    expect(filter.seen).toMatchObject([{ response: { error: 'MISSING_KEY', status: 401 } }]);
  });
});
