import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { keywardMiddleware } from '../src/adapters/express.ts';
import { Keyward } from '../src/keyward.ts';
import type { RequestFacts } from '../src/validation.ts';

/** The middleware, and what it says is asked for. */
function watched() {
  const routes: (string | undefined)[] = [];
  const keyward = new Keyward({ secret: 'a' });
  const validate = keyward.validate.bind(keyward);
  keyward.validate = (facts: RequestFacts) => {
    routes.push(facts.route);
    return validate(facts);
  };
  return { routes, middleware: keywardMiddleware({ keyward }) };
}

async function ask(app: express.Express, ...paths: string[]): Promise<void> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  try {
    for (const path of paths) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  } finally {
    server.close();
  }
}

const users = () => express.Router().get('/users/:id', (_, response) => void response.end());

describe('the endpoint of a request to Express', () => {
  it('is the whole pattern, through routers within routers', async () => {
    const { routes, middleware } = watched();
    const app = express();
    app.use(middleware);
    app.use('/api', express.Router().use('/v1', users()));
    app.use('/teams/:team', users());
    await ask(app, '/api/v1/users/7?q=1', '/teams/a/users/7', '/api/v1/nothing');
    expect(routes).toEqual(['/api/v1/users/:id', '/teams/:team/users/:id', undefined]);
  });

  it('is the whole pattern, where the router is what is protected', async () => {
    const { routes, middleware } = watched();
    const app = express();
    app.use('/api', express.Router().use(middleware).use('/v1', users()));
    await ask(app, '/api/v1/users/7');
    expect(routes).toEqual(['/api/v1/users/:id']);
  });

  it('is the whole pattern, in an application within applications', async () => {
    const { routes, middleware } = watched();
    const inner = express().use(middleware).use('/v1', users());
    const app = express().use('/shops/:shop', express().use(['/api', '/old-api/'], inner));
    await ask(app, '/shops/a/api/v1/users/7', '/shops/a/Old-Api/v1/users/7', '/shops/a/api/v1');
    expect(routes).toEqual(['/shops/:shop/api/v1/users/:id', '/shops/:shop/old-api/v1/users/:id', undefined]);
  });

  it('is not told where Express hides it, and never told wrongly', async () => {
    const { routes, middleware } = watched();
    const outer = express().use(middleware).use('/api', express().use(users()));
    await ask(outer, '/api/users/7');
    const inner = express()
      .use(middleware)
      .get('/:any/:thing', (_, response) => void response.end());
    await ask(express().use(/^\/api/, inner), '/api/a/b');
    expect(routes).toEqual([undefined, undefined]);
  });
});
