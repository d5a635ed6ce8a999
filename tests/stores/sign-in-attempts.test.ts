import { randomBytes } from 'node:crypto';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { giveBackSignInAttempt, takeSignInAttempt } from '@keyward/stores/postgres/sign-in-attempts';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, expect, it } from 'vitest';

const patience = { freeFailures: 2, longestMs: 60_000, forgottenAfterMs: 3_600_000 };
const nowMs = Date.UTC(2026, 10, 21, 12);

describePostgresBackends('attempts to sign in', (backend) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  beforeAll(async () => {
    ({ db } = own.use(await openDatabase(await backend.url())));
    await migrate(db);
  });
  afterAll(() => own.disposeAsync());
  const take = (subject: Buffer, atMs: number) =>
    takeSignInAttempt(db, subject, { ...patience, now: new Date(nowMs + atMs) });

  it('are free for whoever has not failed, also if clocks of replicas differ', async () => {
    const subject = randomBytes(32);
    expect(await take(subject, 500)).toBeUndefined();
    expect(await take(subject, 0)).toBeUndefined();
    await giveBackSignInAttempt(db, subject);
    expect(await take(subject, -500)).toBeUndefined();
  });

  it('wait after more failures than are free, each time twice as long', async () => {
    const subject = randomBytes(32);
    for (const atMs of [0, 1, 2]) expect(await take(subject, atMs)).toBeUndefined();
    expect(await take(subject, 3)).toEqual(new Date(nowMs + 1_002));
    expect(await take(subject, 1_002)).toBeUndefined();
    expect(await take(subject, 1_003)).toEqual(new Date(nowMs + 3_002));
  });
});
