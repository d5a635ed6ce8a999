import type { OpenDatabase } from '@keyward/stores/postgres/database';

/** What is written behind a call's back: by loops of the background, and for a denial. */
const ofOthers = ['audit_event', 'audit_head', 'catch_up', 'consumer_offset', 'outbox_count', 'usage_rolled_up'];

/** The hash of every table's rows, by its name. */
export async function databaseSnapshot({ sessions }: OpenDatabase): Promise<Record<string, string>> {
  return sessions.transaction(async (session) => {
    const tables = await session.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
       and not relname = any($1) order by 1`,
      [ofOthers],
    );
    const hashes = tables.map(
      ({ name }) => `select '${name}' as name,
        (select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from "${name}" t) as hash`,
    );
    const rows = await session.query<{ name: string; hash: string }>(hashes.join(' union all '));
    return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
  });
}
