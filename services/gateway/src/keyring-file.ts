import { readFile } from 'node:fs/promises';
import { type Keyring, KeyringError, parseKeyring } from '@keyward/envelope/keyring';
import type { Logger } from '@keyward/kit/logger';

interface KeyringFileOptions {
  path: string;
  logger: Logger;
  pollMs?: number;
}

/**
 * The keyring of a file, read again whenever its text changes. A file that is broken or gone is logged once and leaves
 * the keyring as it was: a slip of the pen must not close the door.
 *
 * The text is compared, not the mtime: a mounted secret is swapped by a symlink, and two writes may share a tick.
 */
export class KeyringFile implements Disposable {
  readonly #options: KeyringFileOptions;
  readonly #timer: NodeJS.Timeout;
  #lastSeen: string;
  #current: Keyring;

  private constructor(options: KeyringFileOptions, text: string) {
    this.#options = options;
    this.#current = parseKeyring(text);
    this.#lastSeen = text;
    this.#timer = setInterval(() => void this.#reload(), options.pollMs ?? 1000).unref();
  }

  /** Throws KeyringError, or the file system's error, when there is no keyring to begin with. */
  static async open(options: KeyringFileOptions): Promise<KeyringFile> {
    return new KeyringFile(options, await readFile(options.path, 'utf8'));
  }

  get current(): Keyring {
    return this.#current;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #reload(): Promise<void> {
    const text = await readFile(this.#options.path, 'utf8').catch(() => '');
    if (text === this.#lastSeen) return;
    this.#lastSeen = text;
    try {
      this.#current = parseKeyring(text);
      this.#options.logger.info({ kids: this.#current.keys.map(({ kid }) => kid) }, 'the keyring was reloaded');
    } catch (error) {
      // The faults name fields, never values; any other error might quote the file.
      const faults = error instanceof KeyringError ? error.faults : undefined;
      this.#options.logger.error({ faults }, 'the new keyring file cannot be used; the old keyring stays');
    }
  }
}
