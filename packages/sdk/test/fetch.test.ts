import { expect, test } from 'vitest';
import { protectFetch } from '../src/adapters/fetch.ts';
import { Keyward } from '../src/keyward.ts';

/** A handler behind a Keyward that has limits to tell of. */
function protectedBy(response: Response) {
  const keyward = new Keyward({ secret: 'a' });
  const { validate } = keyward;
  keyward.validate = async (facts) => ({ ...(await validate.call(keyward, facts)), headers: { ratelimit: 'r=1' } });
  const handler = protectFetch(() => response, { keyward });
  return async () => handler(new Request('http://a/', { headers: { 'x-api-key': await keyward.create('acme') } }));
}

test('an answer that cannot be changed gets the headers of limits all the same', async () => {
  const fixed = await fetch('data:,hello');
  const answered = await protectedBy(fixed)();
  expect([answered.headers.get('ratelimit'), await answered.text()]).toEqual(['r=1', 'hello']);
});

test('what upgrades a connection stays what the runtime made', async () => {
  const upgrade = Object.defineProperty(new Response(), 'status', { value: 101 });
  expect(await protectedBy(upgrade)()).toBe(upgrade);
});
