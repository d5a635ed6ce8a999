/** Makes calls and sends them, as load.ts asks for it: a process of its own, so that its work is in no measured one's. */
import type { Call } from './call.ts';
import type { LoadAnswer, LoadOrder } from './load.ts';
import { makeCalls } from './make-calls.ts';
import { sendCalls } from './send-calls.ts';
import { validateBySdk } from './validate-by-sdk.ts';

let calls: Call[] = [];

process.on('message', async (order: LoadOrder) => void process.send?.(await follow(order).catch(failed)));
process.on('disconnect', () => process.exit());

async function follow(order: LoadOrder): Promise<LoadAnswer> {
  switch (order.kind) {
    case 'make':
      calls = makeCalls(order.plan, order.count);
      return { kind: 'made' };
    case 'send':
      return { kind: 'sent', sent: await sendCalls(calls, order.sending) };
    case 'validate':
      return { kind: 'sent', sent: { ...(await validateBySdk(order.plan)), statuses: {} } };
  }
}

function failed(error: unknown): LoadAnswer {
  return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
