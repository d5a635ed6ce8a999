import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { Database } from '@keyward/stores/postgres/database';
import { forgetOldSignInAttempts } from '@keyward/stores/postgres/sign-in-attempts';
import { forgetEndedSessions } from '@keyward/stores/postgres/user-sessions';
import type { AccountPolicy } from './account-policy.ts';
import { liveness } from './liveness.ts';
import { failuresForgottenAfterMs } from './sign-in-throttle.ts';

interface Forgetting {
  db: Database;
  policy: AccountPolicy;
  clock: Clock;
  logger: Logger;
}

const everyMs = 600_000;

/** Deletes what time has ended: sessions with their addresses, and failures to sign in. */
export function startForgetting({ db, policy, clock, logger }: Forgetting): AsyncDisposable {
  return repeatUntilStopped({
    round: async () => {
      const nowMs = clock.nowMs();
      await forgetEndedSessions(db, liveness(policy, nowMs));
      await forgetOldSignInAttempts(db, new Date(nowMs - failuresForgottenAfterMs));
      return everyMs;
    },
    firstAfterMs: everyMs,
    afterFailureMs: everyMs,
    clock,
    logger,
    message: 'ended sessions could not be forgotten; trying again',
  });
}
