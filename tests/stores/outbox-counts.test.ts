import { validation } from '@keyward/contract/pipeline-event';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { WriterUnderTest } from './writer-under-test.ts';

describePostgresBackends('the account of an outbox', (backend) => {
  const stage = new WriterUnderTest(backend);
  const countedOf = async (clientId: string) => {
    const totals = stage.db.selectFrom('client_total').select('success').where('client_id', '=', clientId);
    return (await totals.executeTakeFirst())?.success;
  };

  /** A decision that Redis made and answered too late: its event goes past the outbox, too. */
  it.each([
    ['first past it', ['direct', 'entry']],
    ['first by it', ['entry', 'direct']],
    ['often', ['direct', 'direct', 'entry', 'entry', 'direct']],
  ] as const)('has an event once that comes both ways, %s: one by one, and in one batch', async (_, ways) => {
    for (const together of [false, true]) {
      const outbox = stage.newIncarnation();
      const data = stage.event();
      const records = ways.map((way) => stage.record(validation(data), way === 'entry' ? outbox : undefined));
      const writer = stage.newWriter();
      const batches = together ? [records] : records.map((record) => [record]);
      for (const each of batches) await writer.write({ logId: 'log', partition: 0, records: each });
      expect(await countedOf(data.clientId)).toBe(1);
      expect(await stage.outbox(outbox)).toEqual({ counted: 1, buried: 0 });
    }
  });
});
