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
        const result = await work(sessionOn(client)).catch(async (error) => {
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

function sessionOn(client: pg.PoolClient): Session {
  return {
    // The row type is the caller's, who wrote the statement.
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
    copy: (target, lines) => {
      const copying = client.query(from(`copy ${target} from stdin`));
      const copied = Promise.withResolvers<void>();
      // Not by a pipeline: that waits until the stream is destroyed, for which the stream waits for a word of the server, for
      // ever when the connection is gone.
      copying.once('error', copied.reject);
      copying.once('finish', copied.resolve);
      copying.end(lines);
      return copied.promise;
    },
  };
}
