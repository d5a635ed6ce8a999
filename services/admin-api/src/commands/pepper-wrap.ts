import { pepperWraps } from '@keyward/contract/pepper-wraps';
import { pepperMark, readWraps, wrapDigest } from '@keyward/keyformat/pepper';
import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { insertPepperMarks, lockDigests, pepperedColumns, rewriteDigests } from '@keyward/stores/postgres/pepper-wraps';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import { pepperState } from '../pepper-state.ts';
import type { Command, CommandContext } from './command.ts';
import { openStore, RebuildConfig, rebuildProjection } from './projection-rebuild.ts';

const needed = Type.Object({
  ...RebuildConfig.properties,
  PEPPER: AdminApiConfig.properties.PEPPER,
  PEPPER_WRAPS: pepperWraps,
});

/** While gateway, validator and admin-api are stopped. Whatever stops it, it is run again: digests are written all at once. */
export const pepperWrap: Command = {
  name: 'pepper wrap',
  summary:
    'puts the last of PEPPER_WRAPS around all digests, so that no key has to be issued anew; stop the services first',
  async run(context) {
    const config = loadConfig(needed, context.environment);
    const { DATABASE_URL, PEPPER, PEPPER_WRAPS } = config;
    // Once digests are wrapped there is no way back: what comes after that is made sure of before.
    await using store = await openStore(config);
    await store.timeMs();
    await using database = await openDatabase(DATABASE_URL, { queryTimeoutMs: 0 });
    await wrapAll(database.db, context, [PEPPER, ...readWraps(PEPPER_WRAPS)]);
    context.report('Writing the projection.');
    await rebuildProjection(config, { store, report: context.report });
  },
};

async function wrapAll(db: Database, { report }: CommandContext, peppers: readonly string[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await lockDigests(transaction);
    const wrapped = await pepperState(transaction, peppers);
    const missing = peppers.slice(Math.max(1, wrapped));
    if (missing.length === 0) return report('All digests have every pepper already.');
    const wrap = (digest: Buffer) => missing.reduce<Buffer>((inner, pepper) => wrapDigest(pepper, inner), digest);
    for (const each of pepperedColumns) {
      const rewritten = await rewriteDigests(transaction, each, wrap);
      report(`Wrapped: ${rewritten} of ${each.table}.${each.column}.`);
    }
    const marks = peppers.slice(wrapped).map(pepperMark);
    await insertPepperMarks(transaction, { first: wrapped, marks, now: new Date(systemClock.nowMs()) });
  });
}
