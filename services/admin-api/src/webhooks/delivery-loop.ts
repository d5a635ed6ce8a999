import { occasionalWarning } from '@keyward/kit/occasional-log';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import { listDueWebhooks } from '@keyward/stores/postgres/webhook-deliveries';
import { type Courier, deliverDue } from './deliver-due.ts';

const everyMs = 500;
/** Served at once by one process, by turns. */
const maxAtOnce = 16;
const message = 'webhooks could not be served; trying again';

/** Sends webhooks what is due, in the background and in any number of processes; disposing it waits for the calls under way. */
export function startDeliveryLoop(courier: Courier): AsyncDisposable {
  const { administration, logger } = courier;
  const { db, clock } = administration;
  const serving = new Map<string, Promise<void>>();
  const warn = occasionalWarning({ logger, clock, message });
  const serve = async (webhookId: string, signal: AbortSignal) => {
    await deliverDue(courier, webhookId, signal).catch(warn);
    serving.delete(webhookId);
  };
  const loop = repeatUntilStopped({
    round: async (signal) => {
      const limit = maxAtOnce - serving.size;
      const now = new Date(clock.nowMs());
      const due = limit > 0 ? await listDueWebhooks(db, { now, serving: [...serving.keys()], limit }) : [];
      for (const webhookId of due) serving.set(webhookId, serve(webhookId, signal));
      return everyMs;
    },
    afterFailureMs: 1_000,
    clock,
    logger,
    message,
  });
  return {
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await Promise.all(serving.values());
    },
  };
}
