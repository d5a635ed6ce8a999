import { verifyPassword } from '@keyward/kit/password';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { Browser } from '@keyward/tests/platform/browser';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { afterEach, beforeEach, expect, it } from 'vitest';

const freeFailures = 5;
const freeOfAnAddress = 50;

describePostgresBackends('trying passwords', (backend) => {
  let management: Management;

  beforeEach(async () => {
    management = await runManagement(await backend.url(), { TRUSTED_PROXIES: '127.0.0.1' });
    management.clock.stop();
  });
  afterEach(() => management?.[Symbol.asyncDispose]());

  let hosts = 0;
  /** At another address than any before, unless one is given. */
  const stranger = (address = `2001:db8:${(++hosts).toString(16)}::1`) =>
    new Browser(management.url, { headers: { 'x-forwarded-for': address } });
  const guess = (email: string, browser = stranger()) => browser.signIn(email, 'not the password');
  const guessOften = async (email: string, times: number) => {
    for (let i = 0; i < times; i += 1) expect((await guess(email)).status).toBe(401);
  };
  const signIn = (browser = stranger()) => browser.signIn(management.owner.email, management.owner.password);

  it('is slowed down more and more for an account, from wherever it is tried', async () => {
    const { email } = management.owner;
    await guessOften(email, freeFailures + 1);
    for (const seconds of [1, 2, 4, 8]) {
      const refused = await guess(email.toUpperCase());
      expect(refused).toMatchObject({ status: 429, body: { error: 'TOO_MANY_REQUESTS' } });
      expect(refused.headers.get('retry-after')).toBe(String(seconds));
      expect((await signIn()).status).toBe(429);
      management.clock.advance(seconds * 1_000);
      expect((await guess(email)).status).toBe(401);
    }
    management.clock.advance(16_000);
    expect((await signIn()).status).toBe(201);
    await guessOften(email, freeFailures);
  });

  it('is slowed down for somebody who is unknown just the same', async () => {
    await guessOften('nobody@example.test', freeFailures + 1);
    const refused = await guess('nobody@example.test');
    expect(refused).toMatchObject({ status: 429, body: { error: 'TOO_MANY_REQUESTS' } });
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('at once gives no more guesses than one after the other', async () => {
    const { email } = management.owner;
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(email)));
    const tried = answers.filter(({ status }) => status === 401);
    expect(tried).toHaveLength(freeFailures + 1);
  });

  it('is counted by all replicas together', async () => {
    await using replica = await management.another();
    const { email } = management.owner;
    const elsewhere = () => new Browser(replica.url, { headers: { 'x-forwarded-for': `2001:db8:${++hosts}::1` } });
    for (let i = 0; i < freeFailures + 1; i += 1)
      expect((await guess(email, i % 2 ? elsewhere() : stranger())).status).toBe(401);
    expect((await guess(email, elsewhere())).status).toBe(429);
    expect((await signIn(elsewhere())).status).toBe(429);
  });

  it('keeps nobody out of their account on a device where they have signed in before', async () => {
    const device = stranger();
    expect((await signIn(device)).status).toBe(201);
    await guessOften(management.owner.email, freeFailures + 1);
    expect((await signIn()).status).toBe(429);
    expect((await signIn(device)).status).toBe(201);
    for (let i = 0; i < freeFailures + 1; i += 1) await guess(management.owner.email, device);
    expect((await signIn(device)).status).toBe(429);
    const other = stranger();
    other.cookies.set('keyward_device', `${device.cookies.get('keyward_device')}x`);
    expect((await signIn(other)).status).toBe(429);
  });

  it('keeps nobody out for ever: who waits as long as they are told gets in', async () => {
    const { email } = management.owner;
    for (let i = 0; i < 30; i += 1) {
      const { status, headers } = await guess(email);
      if (status === 429) {
        const seconds = Number(headers.get('retry-after'));
        expect(seconds).toBeLessThanOrEqual(900);
        management.clock.advance(seconds * 1_000);
      }
    }
    management.clock.advance(900_000);
    expect((await signIn()).status).toBe(201);
  });

  it('is put off while very many do, and that is no failure of whoever is put off', async () => {
    const hashAt = (memory: number, passes: number) =>
      `argon2id$${memory}$${passes}$1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    const costly = Array.from({ length: 2 }, () => verifyPassword('x', hashAt(19_456, 40)));
    const waiting = Array.from({ length: 100 }, () => verifyPassword('x', hashAt(1_024, 1)));
    const refused = await signIn();
    expect(refused).toMatchObject({ status: 503, body: { error: 'UNAVAILABLE' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    await Promise.all([...costly, ...waiting]);
    const failures = await management.db.selectFrom('sign_in_attempt').select('failures').execute();
    expect(failures.every(({ failures }) => failures === 0)).toBe(true);
    expect((await signIn()).status).toBe(201);
  });

  it('is slowed down for an address that tries many accounts, as a network of IPv6 does', async () => {
    const fromOneNetwork = (i: number) => stranger(`2001:db8:ffff:1::${i.toString(16)}`);
    for (let i = 0; i <= freeOfAnAddress; i += 1) await guess(`person${i}@example.test`, fromOneNetwork(i));
    expect((await signIn(fromOneNetwork(999))).status).toBe(429);
    expect((await signIn()).status).toBe(201);
  });
});
