import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { pepperedColumns } from '@keyward/stores/postgres/pepper-wraps';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';

/** Digests of names and of public keys, which need no secret. */
const withoutPepper = ['tenant.digest', 'request_public_key.fingerprint'];

describePostgresBackends('a new pepper', (backend) => {
  it('is put around every column of digests', async () => {
    await using database = await openDatabase(await backend.url());
    await migrate(database.db);
    const tables = await database.db.introspection.getTables();
    const places = tables.flatMap(({ name, columns }) =>
      columns.filter((column) => /(digest|fingerprint)$/.test(column.name)).map((column) => `${name}.${column.name}`),
    );
    expect(places.filter((place) => !withoutPepper.includes(place)).toSorted()).toEqual(
      pepperedColumns.map(({ table, column }) => `${table}.${column}`).toSorted(),
    );
  });
});
