import { withPostgres } from '../../backends/postgres-admin.ts';

/** What Postgres holds, by client. */
export interface Counted {
  /** The event ids of the request log in the order in which they came, each as often as it is there. */
  arrivals: Map<string, string[]>;
  /** Lines of `<table> <client> <verdict or outcome>`, with how many. */
  sums: Map<string, number>;
}

const sums = `
  select 'request_log' as place, client_id, verdict as kind, count(*) as n from request_log group by 2, 3
  union all select 'usage_hour', client_id, verdict, sum(count) from usage_hour where client_id is not null group by 2, 3
  union all select 'client_total', client_id, 'success', success from client_total
  union all select 'client_total', client_id, 'error', error from client_total
  union all select 'key_total', api_key.client_id, 'success', sum(success) from key_total
    join api_key on api_key.id = key_total.key_id group by 2
  union all select 'key_total', api_key.client_id, 'error', sum(error) from key_total
    join api_key on api_key.id = key_total.key_id group by 2`;

export function readCounted(postgresUrl: string): Promise<Counted> {
  return withPostgres(postgresUrl, async (client) => {
    const lines = await client.query<{ client_id: string; event_id: string }>(
      'select client_id, event_id from arrival order by place',
    );
    const counted = await client.query<{ place: string; client_id: string; kind: string; n: string }>(sums);
    const byClient = Map.groupBy(lines.rows, ({ client_id }) => client_id);
    return {
      arrivals: new Map([...byClient].map(([id, rows]) => [id, rows.map(({ event_id }) => event_id)])),
      sums: new Map(counted.rows.map(({ place, client_id, kind, n }) => [`${place} ${client_id} ${kind}`, Number(n)])),
    };
  });
}
