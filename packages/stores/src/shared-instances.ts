/**
 * Embedded stores live in the process. Everybody who opens the same URL gets the same instance; the last one to
 * dispose it closes it.
 */
export class SharedInstances<T> {
  readonly #open: (url: string) => Promise<T>;
  readonly #close: (instance: T) => Promise<void>;
  readonly #instances = new Map<string, { users: number; instance: Promise<T> }>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(options: { open: (url: string) => Promise<T>; close: (instance: T) => Promise<void> }) {
    this.#open = options.open;
    this.#close = options.close;
  }

  async acquire(url: string): Promise<{ instance: T; [Symbol.asyncDispose](): Promise<void> }> {
    await this.#closing.get(url)?.catch(() => undefined); // two instances on one directory would spoil it
    const entry = this.#instances.get(url) ?? { users: 0, instance: this.#open(url) };
    this.#instances.set(url, entry);
    entry.users += 1;
    let released = false;
    const release = async () => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users > 0) return;
      this.#instances.delete(url);
      const closing = entry.instance.then(this.#close);
      this.#closing.set(url, closing);
      await closing.finally(() => this.#closing.delete(url));
    };
    try {
      return { instance: await entry.instance, [Symbol.asyncDispose]: release };
    } catch (error) {
      this.#instances.delete(url);
      throw error;
    }
  }
}
