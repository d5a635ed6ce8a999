import type { OpenDatabase } from '@keyward/stores/postgres/database';
import { listClientsOfDeleted } from '@keyward/stores/postgres/delete-environment';
import { waitUntil } from '../backends/wait-until.ts';

/** What is written behind a call's back: by loops of the background, and for a denial. */
const ofOthers = [
  'audit_event',
  'audit_head',
  'catch_up',
  'consumer_offset',
  'erasure',
  'erasure_receipt',
  'outbox_count',
  'usage_rolled_up',
];

/** Columns that change soon after a row was made, because an event is sent to a webhook, or because webhooks are told of the row. */
const columnsOfOthers: Readonly<Record<string, readonly string[]>> = {
  webhook: ['failing_since'],
  webhook_delivery: ['status', 'attempts', 'next_attempt_at', 'lease', 'last_attempt_at', 'last_status', 'last_fault'],
  api_key: ['notice_of', 'notice_stage'],
  key_total: ['told'],
  usage_hour: ['told'],
  account_key: ['last_used_at'],
  user_session: ['used_at'],
};
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
    ...(await listClientsOfDeleted(db, 1)),
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
      const others = columnsOfOthers[name];
      const row = others ? `(to_jsonb(t) - '{${others.join()}}'::text[])::text` : 't::text';
      return `select '${name}' as name, (select md5(coalesce(string_agg(${row}, '|' order by ${row}), ''))
        from "${name}" t ${living[name] ?? ''}) as hash`;
    });
    const rows = await session.query<{ name: string; hash: string }>(hashes.join(' union all '));
    return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
  });
}
