import { type Pepper, pepperMark } from '@keyward/keyformat/pepper';
import { ConfigError } from '@keyward/kit/config';
import type { Database } from '@keyward/stores/postgres/database';
import { listPepperMarks } from '@keyward/stores/postgres/pepper-wraps';

/**
 * How many of these peppers the digests in Postgres were made with; 0: nobody has noted it, since there was never more than one.
 * Throws `ConfigError` when it was made with others.
 */
export async function pepperState(db: Database, peppers: readonly string[]): Promise<number> {
  const marks = await listPepperMarks(db);
  const isKnown = marks.every((mark, i) => mark.equals(pepperMark(peppers[i] ?? '')));
  if (isKnown) return marks.length;
  throw new ConfigError(['PEPPER and PEPPER_WRAPS are not what the keys in Postgres were digested with']);
}

/** Keys that are digested otherwise than those in Postgres would be known to nobody. Throws `ConfigError`. */
export async function requireCurrentPepper(db: Database, pepper: Pepper): Promise<void> {
  const peppers = (Buffer.isBuffer(pepper) ? [pepper] : pepper).map((each) => each.toString());
  const wrapped = await pepperState(db, peppers);
  if (wrapped === peppers.length || (wrapped === 0 && peppers.length === 1)) return;
  throw new ConfigError(['PEPPER_WRAPS has a pepper that the keys in Postgres lack: run keyward pepper wrap first']);
}
