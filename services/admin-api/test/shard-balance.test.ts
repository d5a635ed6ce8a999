import { balanceShard, sumUp } from '@keyward/admin-api/reports/shard-balance';
import type { OutboxAccount } from '@keyward/stores/ports/outbox-accounts';
import { describe, expect, it } from 'vitest';

const account = (fields: Partial<OutboxAccount> = {}): OutboxAccount => ({
  ...{ shard: 1, incarnation: 'a', added: 100, waiting: 10, collapsed: 20, eventsCollapsed: 20, buried: 5 },
  ...fields,
});
const before = account();
const left = { counted: 60, buried: 5 };

describe('the balance of a shard', () => {
  it('is even when all that left the outbox is counted or kept as dead', () => {
    const balance = balanceShard({ before, after: before, count: left });
    expect(balance).toEqual({ ...before, counted: 60, buriedByIngest: 5, missing: 0, surplus: 0 });
  });

  it('is even however much is added, sent, collapsed, buried and counted between the looks', () => {
    const after = account({ added: 150, waiting: 0, collapsed: 30, buried: 6 });
    for (const counted of [60, 61, 109])
      expect(balanceShard({ before, after, count: { counted, buried: 5 } })).toMatchObject({ missing: 0, surplus: 0 });
  });

  it('tells what left the outbox and came nowhere', () => {
    expect(balanceShard({ before, after: before, count: { counted: 58, buried: 5 } }).missing).toBe(2);
    expect(balanceShard({ before, after: before, count: undefined }).missing).toBe(65);
    expect(balanceShard({ before, after: undefined, count: undefined }).missing).toBe(65);
  });

  it('tells what is counted beyond what the outbox took in', () => {
    expect(balanceShard({ before, after: before, count: { counted: 71, buried: 5 } }).surplus).toBe(1);
    // What the outbox has lost meanwhile says nothing of what it took in.
    expect(balanceShard({ before, after: undefined, count: { counted: 71, buried: 5 } }).surplus).toBe(0);
  });

  it('sums up without one shard making good for another', () => {
    const short = balanceShard({ before, after: before, count: { counted: 57, buried: 5 } });
    const long = balanceShard({ before: account({ shard: 2 }), after: before, count: { counted: 73, buried: 5 } });
    expect(sumUp([short, long])).toMatchObject({ added: 200, waiting: 20, counted: 130, missing: 3, surplus: 3 });
  });
});
