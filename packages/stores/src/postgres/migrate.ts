import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { up as configuration } from './migrations/0001-configuration.ts';
import { up as usage } from './migrations/0002-usage.ts';
import { up as settings } from './migrations/0003-settings.ts';
import { up as keyLimits } from './migrations/0004-key-limits.ts';
import { up as rules } from './migrations/0005-rules.ts';
import { up as usageCost } from './migrations/0006-usage-cost.ts';
import { up as catchUp } from './migrations/0007-catch-up.ts';
import { up as tenants } from './migrations/0008-tenants.ts';
import { up as pipeline } from './migrations/0009-pipeline.ts';
import { up as management } from './migrations/0010-management.ts';
import { up as verify } from './migrations/0012-verify.ts';
import { up as accounts } from './migrations/0013-accounts.ts';
import { up as resources } from './migrations/0014-resources.ts';
import { up as keys } from './migrations/0015-keys.ts';
import { up as webhooks } from './migrations/0016-webhooks.ts';
import { up as lists } from './migrations/0017-lists.ts';
import { up as listIndexes } from './migrations/0018-list-indexes.ts';
import { up as notices } from './migrations/0019-notices.ts';
import { up as erasedAnswers } from './migrations/0020-erased-answers.ts';
import { up as replacedIndexes } from './migrations/0021-replaced-indexes.ts';
import { up as foldedNames } from './migrations/0022-folded-names.ts';
import { sqlState } from './sql-state.ts';

/** All that there are, in order. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-configuration': { up: configuration },
  '0002-usage': { up: usage },
  '0003-settings': { up: settings },
  '0004-key-limits': { up: keyLimits },
  '0005-rules': { up: rules },
  '0006-usage-cost': { up: usageCost },
  '0007-catch-up': { up: catchUp },
  '0008-tenants': { up: tenants },
  '0009-pipeline': { up: pipeline },
  '0010-management': { up: management },
  '0012-verify': { up: verify },
  '0013-accounts': { up: accounts },
  '0014-resources': { up: resources },
  '0015-keys': { up: keys },
  '0016-webhooks': { up: webhooks },
  '0017-lists': { up: lists },
  '0018-list-indexes': { up: listIndexes },
  '0019-notices': { up: notices },
  '0020-erased-answers': { up: erasedAnswers },
  '0021-replaced-indexes': { up: replacedIndexes },
  '0022-folded-names': { up: foldedNames },
};

/**
 * Brings the database to the newest schema, forward only; answers the names of what was applied now. Each migration has a transaction of
 * its own: what one has locked is free again before the next wants more, since services go on meanwhile.
 */
export async function migrate(db: Database, known: typeof migrations = migrations): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  const applied: string[] = [];
  for (;;) {
    const names = await applyNext(migrator);
    if (names.length === 0) return applied;
    applied.push(...names);
  }
}

const maxAttempts = 8;
const deadlock = '40P01';

/** Applies one, and again if Postgres chose it to end a deadlock. */
async function applyNext(migrator: Migrator, attempt = 1): Promise<string[]> {
  const { error, results = [] } = await migrator.migrateUp();
  if (!error) return results.map(({ migrationName }) => migrationName);
  if (sqlState(error) !== deadlock || attempt === maxAttempts) throw error;
  return applyNext(migrator, attempt + 1);
}
