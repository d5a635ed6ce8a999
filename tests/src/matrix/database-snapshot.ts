import type { OpenDatabase } from '@keyward/stores/postgres/database';
import { waitUntil } from '../backends/wait-until.ts';

/** What is written behind a call's back: by loops of the background, and for a denial. */
const ofOthers = ['audit_event', 'audit_head', 'catch_up', 'consumer_offset', 'outbox_count', 'usage_rolled_up'];

/** Columns that change because an event is sent to a webhook, soon after it was made. */
const ofSending = ['failing_since', 'status', 'attempts', 'next_attempt_at', 'lease', 'last_attempt_at', 'last_fault'];
const sentTables = ['webhook', 'webhook_delivery'];
/** What is left of a deleted environment is looked after in the background. */
const living: Readonly<Record<string, string>> = {
  environment: 'where deleted_at is null',
  template: 'where environment_id in (select id from environment where deleted_at is null)',
};

/** The hash of every table's rows, by its name, once the background has done what earlier calls left to it. */
export async function databaseSnapshot({ db, sessions }: OpenDatabase): Promise<Record<string, string>> {
  const left = async () => [
    ...(await db.selectFrom('erasure').select('client_id').limit(1).execute()),
    ...(await db.selectFrom('event_dead').select('id').where('replay_at', 'is not', null).limit(1).execute()),
    ...(await db.selectFrom('config_outbox').select('id').limit(1).execute()),
  ];
  await waitUntil(async () => (await left()).length === 0, { what: 'the background to be done', timeoutMs: 60_000 });
  return sessions.transaction(async (session) => {
    const tables = await session.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
       and not relname = any($1) order by 1`,
      [ofOthers],
    );
    const hashes = tables.map(({ name }) => {
      const row = sentTables.includes(name) ? '(to_jsonb(t) - $1::text[])::text' : 't::text';
      return `select '${name}' as name, (select md5(coalesce(string_agg(${row}, '|' order by ${row}), ''))
        from "${name}" t ${living[name] ?? ''}) as hash`;
    });
    const rows = await session.query<{ name: string; hash: string }>(hashes.join(' union all '), [ofSending]);
    return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
  });
}
