import type { PGlite } from '@electric-sql/pglite';
import type { Sessions } from './sessions.ts';

export function pgliteSessions(pglite: PGlite): Sessions {
  return {
    transaction: (work) =>
      pglite.transaction((transaction) =>
        work({
          query: async <Row>(text: string, values: readonly unknown[] = []) =>
            (await transaction.query<Row>(text, [...values])).rows,
          copy: async (target, lines) => {
            await transaction.query(`copy ${target} from '/dev/blob'`, [], { blob: new Blob([lines]) });
          },
        }),
      ),
  };
}
