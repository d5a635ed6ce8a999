import { withPostgres } from '../../backends/postgres-admin.ts';

const statements = `
  create table arrival (place bigserial primary key, client_id uuid not null, event_id uuid not null);
  create function keep_arrival() returns trigger language plpgsql as $$
    begin
      insert into arrival (client_id, event_id) values (new.client_id, new.event_id);
      return null;
    end $$;
  create trigger keep_arrival after insert on request_log for each row execute function keep_arrival();`;

/** Lets the database keep in which order it got the lines of the request log; what is rolled back leaves none. */
export async function keepArrivals(postgresUrl: string): Promise<void> {
  await withPostgres(postgresUrl, (client) => client.query(statements));
}
