import { Keyward } from '../keyward.ts';
import type { KeywardOptions } from '../options.ts';

/** Options of a Keyward of the adapter's own, or one that is there already. */
export interface AdapterOptions extends KeywardOptions {
  keyward?: Keyward | undefined;
  /** The same, as the published package calls it. */
  apikee?: Keyward | undefined;
}

/** The Keyward that an adapter works with. Throws `CONFIG` as its constructor does. */
export function keywardOf({ keyward, apikee, ...options }: AdapterOptions): Keyward {
  return keyward ?? apikee ?? new Keyward(options);
}
