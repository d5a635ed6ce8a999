import { openDatabase } from '@keyward/stores/postgres/database';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { runSql } from './run-sql.ts';

describePostgresBackends('a statement', (backend) => {
  it('is waited for as long as its caller says', async () => {
    if (backend.name === 'pglite') return; // it has no clock to end a statement by
    const url = await backend.url();
    await using impatient = await openDatabase(url, { queryTimeoutMs: 50 });
    await expect(runSql(impatient.db, 'select pg_sleep(1)')).rejects.toThrow('timeout');
    await using patient = await openDatabase(url, { queryTimeoutMs: 0 });
    await runSql(patient.db, 'select pg_sleep(0.2)');
  });
});
