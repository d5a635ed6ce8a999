import { checkEverywhere, serverOptions } from './checks.mjs';

/** One for all requests, as applications have it. */
let shared;

import * as forFetch from './keyward/fetch.js';
import * as keyward from './keyward/index.js';
import * as management from './keyward/management.js';

/** Without Node's modules and globals, which is how these runtimes are by themselves. */
export default {
  async fetch(request, environment) {
    const { pathname } = new URL(request.url);
    if (pathname !== '/smoke') return answerWith(environment, pathname);
    try {
      if (typeof Buffer !== 'undefined' || typeof process !== 'undefined') throw new Error('this is Node');
      const { key } = await checkEverywhere({ ...keyward, ...forFetch, ...management }, environment);
      return new Response(`good ${key}`);
    } catch (error) {
      return new Response(String(error?.stack), { status: 500 });
    }
  },
};

async function answerWith(environment, path) {
  const { SMOKE_SECRET: secret, SMOKE_KEY: key } = environment;
  shared ??= new keyward.Keyward({ ...serverOptions(environment), secret, onIncident: () => {} });
  if (path === '/create') return Response.json({ key: await shared.create('created') });
  if (path === '/flush') return Response.json({ flushed: await shared.flush() });
  return Response.json(await shared.validate({ key, method: 'GET', path, route: path }));
}
