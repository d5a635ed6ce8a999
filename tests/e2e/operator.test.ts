import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { type Caller, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

describePostgresBackends('what is for the organization that runs the installation', (backend) => {
  let management: Management;
  let stranger: Caller;

  beforeAll(async () => {
    management = await runManagement(await backend.url());
    stranger = await newOwner(management.db, management);
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const asked = [
    ['POST /dead-letter/replay', {}],
    ['POST /organization', { body: { name: uniqueName('mine') } }],
  ] as const;

  it.each(asked)('is refused to others on the record: %s', async (route, options) => {
    const [method = '', path = ''] = route.split(' ');
    const refused = await call(stranger, method, path, options);
    expect(refused).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    const { body } = await call(stranger, 'GET', '/audit');
    const [record] = body.data;
    const subject = { kind: 'route', id: `${method} /api/v1${path}` };
    expect(record).toMatchObject({ action: 'call.denied', outcome: 'denied', subject });
    expect(record.requestId).toBe(refused.body.requestId);
  });

  it('leaves no record of a read that is refused', async () => {
    const organizationId = (await call(stranger, 'GET', '/organization')).body.data[0].id;
    const admin = await newMember(management.db, management, { organizationId, role: 'admin' });
    for (const path of ['/dead-letter', '/conservation']) expect((await call(admin, 'GET', path)).status).toBe(403);
    const records = (await call(stranger, 'GET', `/audit?actor=${admin.userId}`)).body.data;
    expect(records).toEqual([]);
  });
});
