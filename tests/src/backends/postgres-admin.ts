import { Client } from 'pg';

/** One short-lived connection; for probing, and for making and dropping databases. */
export async function withPostgres<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  // A server that is stopped under an idle connection emits this; the calls tell what matters.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Rejects when no Postgres answers at the URL. */
export const probePostgres = (url: string): Promise<void> =>
  withPostgres(url, async (client) => void (await client.query('SELECT 1')));
