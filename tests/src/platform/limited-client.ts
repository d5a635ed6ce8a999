import { uniqueName } from '../backends/unique-name.ts';
import { expectDone } from './expect-done.ts';
import { type Caller, call } from './wire-client.ts';

/** A client with one key, of which one or the other has a limit. */
export interface LimitedClient {
  id: string;
  key: string;
  /** Resolves when the change was answered. */
  limitTo(requests: number): Promise<void>;
}

type MakeLimited = (environment: Caller, requests: number, window?: 'second' | 'hour') => Promise<LimitedClient>;

/** By its own limit. */
export const limitedKey: MakeLimited = async (environment, requests, window = 'hour') => {
  const { id, keys } = await newClient(environment, {}, { rateLimit: { requests, window } });
  return {
    id,
    key: keys[0].key,
    async limitTo(most) {
      const rateLimit = { requests: most, window };
      await change(environment, `/client/${id}`, { keys: [{ id: keys[0].id, rateLimit }] });
    },
  };
};

/** By the template of its client. */
export const limitedByTemplate: MakeLimited = async (environment, requests) => {
  const body = { name: uniqueName('template'), rateLimitHour: requests };
  const template = expectDone(await call(environment, 'POST', '/template', { body }));
  const { id, keys } = await newClient(environment, { templateId: template.id }, {});
  return {
    id,
    key: keys[0].key,
    limitTo: (most) => change(environment, `/template/${template.id}`, { rateLimitHour: most }),
  };
};

async function newClient(environment: Caller, client: object, key: object) {
  const body = { name: uniqueName('limited'), ...client, keys: [{ name: 'k', ...key }] };
  return expectDone(await call(environment, 'POST', '/client', { body }));
}

async function change(environment: Caller, path: string, body: object): Promise<void> {
  expectDone(await call(environment, 'PUT', path, { body }));
}
