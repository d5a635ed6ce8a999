import { listDeadLetters, replayDeadLetter, replayDeadLetters } from '@keyward/contract/routes/dead-letter';
import { newId } from '@keyward/kit/random';
import type { Place, RouteRow } from '../route-row.ts';

/** One that no ingest will ever come to read again. */
async function bury({ db, environment }: Place): Promise<string> {
  const id = newId();
  const found = db.selectFrom('environment').select('id').where('project_env', '=', environment.projectEnv);
  const { id: environment_id } = await found.executeTakeFirstOrThrow();
  const what = { reason: 'not of this world', value: Buffer.from('{"half'), environment_id };
  await db
    .insertInto('event_dead')
    .values({ id, log_id: `of the matrix ${id}`, partition: 0, log_offset: 0, ...what, created_at: new Date() })
    .execute();
  return id;
}

export const deadLetterRows: readonly RouteRow[] = [
  { route: listDeadLetters, prepare: async () => ({}) },
  {
    route: replayDeadLetter,
    async prepare(place) {
      const id = await bury(place);
      return { params: { id }, ids: [id] };
    },
  },
  {
    route: replayDeadLetters,
    async prepare(place) {
      await bury(place);
      return {};
    },
  },
];
