/** Makes calls and sends them, as load.ts asks for it: a process of its own, so that its work is in no measured one's. */
import type { Call } from './call.ts';
import type { LoadAnswer, LoadOrder } from './load.ts';
import { makeCalls } from './make-calls.ts';
import { sendCalls } from './send-calls.ts';

let calls: Call[] = [];

process.on('message', async (order: LoadOrder) => answer(await follow(order).catch(failed)));
process.on('disconnect', () => process.exit());

async function follow(order: LoadOrder): Promise<LoadAnswer> {
  if (order.kind === 'send') return { kind: 'sent', sent: await sendCalls(calls, order.sending) };
  calls = makeCalls(order.plan, order.count);
  return { kind: 'made' };
}

function failed(error: unknown): LoadAnswer {
  return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function answer(given: LoadAnswer): void {
  process.send?.(given);
}
