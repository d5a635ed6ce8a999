import type { IpAddress } from '@keyward/decision/ip-address';
import { isIpv4, printIp } from '@keyward/decision/ip-address';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import {
  forgetSignInAttempts,
  giveBackSignInAttempt,
  type Patience,
  takeSignInAttempt,
} from '@keyward/stores/postgres/sign-in-attempts';
import type { Administration } from '../administration.ts';

/** After how long without a failure those before are forgotten, ms. */
export const failuresForgottenAfterMs = 3_600_000;
const longestMs = 900_000;
const ofOne: Patience = { freeFailures: 5, longestMs, forgottenAfterMs: failuresForgottenAfterMs };
/** A whole office may share one. */
const ofAddress: Patience = { ...ofOne, freeFailures: 50 };

export interface Attempt {
  /**
   * What is tried: an account, or an account from a device that has been signed in to it before. Those are counted apart, so
   * that nobody can keep the owner of an account out of it by trying passwords.
   */
  what: { kind: 'account' | 'device' | 'session'; name: string };
  /** Where from. */
  address: IpAddress | undefined;
}

/** Attempts at guessing, counted in Postgres and so between all replicas. */
export class TakenAttempt {
  readonly #what: Buffer;
  readonly #address: Buffer | undefined;

  private constructor(what: Buffer, address: Buffer | undefined) {
    this.#what = what;
    this.#address = address;
  }

  /** Takes an attempt; throws TOO_MANY_REQUESTS, with the time to wait, when there were too many. */
  static async take({ db, pepper, clock }: Administration, { what, address }: Attempt): Promise<TakenAttempt> {
    const digest = (text: string) => keyDigest({ pepper, domain: 'sign-in-attempt', canonical: text });
    const ofWhat = digest(`${what.kind} ${what.name}`);
    const from = address === undefined ? undefined : digest(`address ${networkOf(address)}`);
    const nowMs = clock.nowMs();
    if (from) await take(db, from, { ...ofAddress, nowMs });
    await take(db, ofWhat, { ...ofOne, nowMs });
    return new TakenAttempt(ofWhat, from);
  }

  /** It was no guess. What failed before at the same account is forgotten; at the same address others may have failed. */
  async succeeded(db: Database): Promise<void> {
    await forgetSignInAttempts(db, [this.#what]);
    if (this.#address) await giveBackSignInAttempt(db, this.#address);
  }

  /** Finds out whether it is right. When that fails, it was no guess, and is not counted. */
  async during<T>(db: Database, verify: () => Promise<T>): Promise<T> {
    return verify().catch(async (error) => {
      for (const subject of [this.#what, this.#address]) if (subject) await giveBackSignInAttempt(db, subject);
      throw error;
    });
  }
}

async function take(db: Database, subject: Buffer, { nowMs, ...patience }: Patience & { nowMs: number }) {
  const blockedUntil = await takeSignInAttempt(db, subject, { ...patience, now: new Date(nowMs) });
  if (blockedUntil)
    throw new AppError('TOO_MANY_REQUESTS', 'There were too many attempts; wait a little, and try again.', {
      retryAfterSeconds: Math.max(1, Math.ceil((blockedUntil.getTime() - nowMs) / 1_000)),
    });
}

/** Who has one address of IPv6 has all of its /64. */
function networkOf(address: IpAddress): string {
  return isIpv4(address) ? printIp(address) : printIp(`${address.slice(0, 4)}\0\0\0\0`);
}
