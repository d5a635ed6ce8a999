import type pg from 'pg';
import { from } from 'pg-copy-streams';
import type { Session, Sessions } from './sessions.ts';

export function pgSessions(pool: pg.Pool): Sessions {
  return {
    async transaction(work) {
      const client = await pool.connect();
      let isUsable = false;
      try {
        await client.query('begin');
        const result = await work(sessionOn(client, pool.options.query_timeout)).catch(async (error) => {
          await client.query('rollback');
          isUsable = true;
          throw error;
        });
        const { command } = await client.query('commit');
        isUsable = true;
        // Postgres answers so when a statement failed and nobody said so.
        if (command === 'ROLLBACK') throw new Error('the transaction was rolled back: a statement of it had failed');
        return result;
      } finally {
        client.release(!isUsable);
      }
    },
  };
}

/** The longest that a timer can wait. */
const neverMs = 2 ** 31 - 1;

function sessionOn(client: pg.PoolClient, copyTimeoutMs = 0): Session {
  return {
    // The row type is the caller's, who wrote the statement.
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
    copy: async (target, lines) => {
      // What pg ends for its time cannot stand to hear of its connection again, and would take the process with it.
      const copying = client.query(Object.assign(from(`copy ${target} from stdin`), { query_timeout: neverMs }));
      const copied = Promise.withResolvers<void>();
      // Not by a pipeline: that waits until the stream is destroyed, for which the stream waits for a word of the server, for
      // ever when the connection is gone.
      copying.on('error', copied.reject); // and also when it was given up, and its connection then ends
      copying.once('finish', copied.resolve);
      copying.end(lines);
      const giveUp = () => copied.reject(new Error('Query read timeout')); // as pg has it
      const timer = copyTimeoutMs > 0 ? setTimeout(giveUp, copyTimeoutMs) : undefined;
      return copied.promise.finally(() => clearTimeout(timer));
    },
  };
}
