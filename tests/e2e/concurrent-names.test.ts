import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

const rounds = 10;

describeStacks('changes of the same names at the same time', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const post = (path: string, names: string[]) =>
    call(environment, 'POST', path, { body: names.map((name) => ({ name })) });
  const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
  const idsOf = (answers: Answer[]) => new Set(answers.flatMap(({ body }) => body.map(({ id }: { id: string }) => id)));

  it('wait for each other in turn, in whatever order they name them', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const names = Array.from({ length: 8 }, () => uniqueName('n'));
      const orders = [names, names.toReversed(), names, names.toReversed()];
      const upserts = await Promise.all(orders.map((order) => post('/client?upsert=true', order)));
      expect(statuses(upserts).toSorted()).toEqual([200, 200, 200, 201]);
      expect(idsOf(upserts).size).toBe(names.length);
      const creates = await Promise.all(orders.map((order) => post('/client', order)));
      expect(statuses(creates)).toEqual([201, 201, 201, 201]);
      expect(idsOf(creates).size).toBe(orders.length * names.length);
    }
  });

  it('are all made, when clients are created, renamed and deleted', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [a = '', b = ''] = ['a', 'b'].map(uniqueName);
      const { body } = await post('/client', [a, b]);
      const [one, two] = body.map(({ id }: { id: string }) => `/client/${id}`);
      const answers = await Promise.all([
        post('/client?upsert=true', [a, b]),
        call(environment, 'PUT', one, { body: { name: b } }),
        post('/client', [b, a]),
        call(environment, 'PUT', one, { body: { name: b, status: 'disabled' } }),
        call(environment, 'DELETE', two),
      ]);
      expect(statuses(answers).map((status) => status < 300)).toEqual(answers.map(() => true));
    }
  });

  it('never end in an error, when one client is renamed twice while others take those names', async () => {
    for (let round = 0; round < 2 * rounds; round += 1) {
      const [x = '', y = '', z = ''] = ['x', 'y', 'z'].map(uniqueName);
      const { body } = await post('/client', [x]);
      const one = `/client/${body[0].id}`;
      const answers = await Promise.all([
        call(environment, 'PUT', one, { body: { name: y } }),
        post('/client', [y]),
        call(environment, 'DELETE', one),
        post('/client', [z, y]),
        call(environment, 'PUT', one, { body: { name: z } }),
        call(environment, 'PUT', one, { body: { status: 'disabled' } }),
        post('/client', [y, x]),
        post('/client', [z]),
      ]);
      expect(statuses(answers).filter((status) => status >= 500)).toEqual([]);
    }
  });
});
