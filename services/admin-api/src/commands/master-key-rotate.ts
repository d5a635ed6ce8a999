import { ConfigError, loadConfig } from '@keyward/kit/config';
import { SecretBox } from '@keyward/kit/secret-box';
import { openDatabase } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { lockSealed, rewriteSealed, sealedTables } from '@keyward/stores/postgres/sealed-columns';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import type { Command } from './command.ts';

const { DATABASE_URL, MASTER_KEY } = AdminApiConfig.properties;
const needed = Type.Object({ DATABASE_URL, MASTER_KEY, MASTER_KEY_BEFORE: MASTER_KEY });

/** While admin-api is stopped; nobody else has the key. All at once, so whatever stops it, it is run again. */
export const masterKeyRotate: Command = {
  name: 'master-key rotate',
  summary: 'seals all secrets in Postgres under MASTER_KEY that are under MASTER_KEY_BEFORE; stop admin-api first',
  async run({ environment, report }) {
    const config = loadConfig(needed, environment);
    const [before, now] = [new SecretBox(config.MASTER_KEY_BEFORE), new SecretBox(config.MASTER_KEY)];
    const reseal = (sealed: Buffer, rowName: string) => {
      const secret = openedBy([before, now], sealed, rowName);
      if (secret === undefined)
        throw new ConfigError([`neither MASTER_KEY_BEFORE nor MASTER_KEY opens what is sealed for ${rowName}`]);
      return now.seal(secret, rowName);
    };
    await using database = await openDatabase(config.DATABASE_URL, { queryTimeoutMs: 0 });
    const sealed = await inTransaction(database.db, async (transaction) => {
      await lockSealed(transaction);
      const counts: Record<string, number> = {};
      for (const each of sealedTables) counts[each.table] = await rewriteSealed(transaction, each, reseal);
      return counts;
    });
    for (const [table, count] of Object.entries(sealed)) report(`Sealed anew: ${count} of ${table}.`);
    report('Start admin-api with this MASTER_KEY. The one before is still needed for backups of before.');
    return { sealed };
  },
};

function openedBy(boxes: readonly SecretBox[], sealed: Buffer, rowName: string): string | undefined {
  for (const box of boxes) {
    try {
      return box.open(sealed, rowName);
    } catch {
      // Sealed by another; the next may be it.
    }
  }
  return undefined;
}
