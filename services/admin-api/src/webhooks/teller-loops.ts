import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import { dropOldWebhookEvents } from '@keyward/stores/postgres/webhook-events';
import type { Administration } from '../administration.ts';
import { tellOfExpiries } from './tell-of-expiries.ts';
import { tellOfUse } from './tell-of-use.ts';

interface TellerOptions {
  administration: Administration;
  logger: Logger;
  /** How long events are kept, whatever became of them. */
  retentionDays: number;
  /** How many days before a key expires that is told. */
  noticeDays: readonly number[];
}

const useEveryMs = 2_000;
const expiriesEveryMs = 30_000;
const upkeepEveryMs = 600_000;
const soonMs = 50;
const afterFailureMs = 5_000;
const dayMs = 86_400_000;

/** Tells webhooks, in the background, what comes by use and by time, and forgets old events; one replica does so at a time. */
export function startTellers({ administration, logger, retentionDays, noticeDays }: TellerOptions): AsyncDisposable {
  const { db, clock } = administration;
  const loops = new AsyncDisposableStack();
  const repeat = (message: string, round: () => Promise<number>) =>
    loops.use(repeatUntilStopped({ round, afterFailureMs, clock, logger, message }));
  repeat('webhooks could not be told of use; trying again', async () =>
    (await tellOfUse(administration)) === 'more' ? soonMs : useEveryMs,
  );
  repeat('webhooks could not be told of keys that expire; trying again', async () =>
    (await tellOfExpiries(administration, noticeDays)) === 'more' ? soonMs : expiriesEveryMs,
  );
  repeat('old events of webhooks could not be dropped; trying again', async () => {
    const dropped = await dropOldWebhookEvents(db, new Date(clock.nowMs() - retentionDays * dayMs));
    return dropped > 0 ? soonMs : upkeepEveryMs;
  });
  return loops;
}
