import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@keyward/kit/logger';
import { decodeEvent } from '@keyward/stores/event-codec';
import type { ShardedEvent } from '@keyward/stores/ports/event-log';
import { openSpoolFolder, type SpoolFolder } from './spool-folder.ts';

interface EventSpoolOptions {
  directory: string;
  /** All files together. */
  maxBytes: number;
  logger: Logger;
  /** A file that has as much is followed by another. */
  fileBytes?: number;
}

interface SpoolFile {
  path: string;
  bytes: number;
}

export interface SpooledEvents {
  events: ShardedEvent[];
  /** The log has them. */
  done(): Promise<void>;
}

/**
 * Events that wait on disk while the log is away: JSON lines in files that only their owner can read, each write synced. Files
 * of an earlier process are taken over when it is opened; nobody touches those of a process that lives.
 */
export class EventSpool implements AsyncDisposable {
  readonly #options: Required<EventSpoolOptions>;
  readonly #folder: SpoolFolder;
  /** Oldest first; `#current` is the last one while it is written. */
  #files: SpoolFile[];
  #current: { handle: FileHandle; file: SpoolFile } | undefined;
  /** Reading and writing take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: EventSpoolOptions, folder: SpoolFolder, files: SpoolFile[]) {
    this.#options = { fileBytes: 8 * 1024 * 1024, ...options };
    this.#folder = folder;
    this.#files = files;
  }

  static async open(options: EventSpoolOptions): Promise<EventSpool> {
    const folder = await openSpoolFolder(options.directory);
    const paths = folder.inherited.map((name) => join(folder.path, name));
    const files = await Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(path)).size })));
    const spool = new EventSpool(options, folder, files);
    if (files.length > 0)
      options.logger.info(
        { files: files.length, bytes: spool.bytes },
        'events of an earlier process wait in the spool',
      );
    return spool;
  }

  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0);
  }

  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** Writes as many of the events as there is room for, from the first on, and answers how many; they are on disk then. */
  write(events: readonly ShardedEvent[]): Promise<number> {
    return this.#inTurn(async () => {
      const { lines, bytes } = fitting(events, this.#options.maxBytes - this.bytes);
      if (lines.length === 0) return 0;
      this.#current ??= await this.#newFile();
      const { handle, file } = this.#current;
      file.bytes += bytes;
      try {
        await handle.appendFile(lines.join(''));
        await handle.sync();
      } catch (error) {
        // A line that was torn is skipped when it is read; what follows goes to a new file.
        await this.#close();
        throw error;
      }
      if (file.bytes >= this.#options.fileBytes) await this.#close();
      return lines.length;
    });
  }

  /** The events that have waited longest; undefined: none wait. */
  oldest(): Promise<SpooledEvents | undefined> {
    return this.#inTurn(async () => {
      const [file] = this.#files;
      if (!file) return undefined;
      if (file === this.#current?.file) await this.#close();
      try {
        const events = this.#eventsOf(await readFile(file.path, 'utf8'), file);
        return { events, done: () => this.#inTurn(() => this.#remove(file)) };
      } catch (err) {
        this.#options.logger.error({ err, file: file.path }, 'a spool file cannot be read; it stays where it is');
        this.#files = this.#files.filter((each) => each !== file);
        return { events: [], done: async () => undefined };
      }
    });
  }

  /** Keeps an event that the log will never take where an operator finds it. */
  async keepRefused(event: ShardedEvent, code: string): Promise<void> {
    const handle = await open(join(this.#folder.root, 'refused.jsonl'), 'a', 0o600);
    try {
      await handle.appendFile(`${JSON.stringify({ code, ...event })}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inTurn(() => this.#close());
    await this.#folder.leave();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #newFile(): Promise<{ handle: FileHandle; file: SpoolFile }> {
    const path = this.#folder.newFile();
    const handle = await open(path, 'ax', 0o600);
    const file = { path, bytes: 0 };
    this.#files.push(file);
    return { handle, file };
  }

  async #close(): Promise<void> {
    const { handle } = this.#current ?? {};
    this.#current = undefined;
    await handle?.close();
  }

  async #remove(file: SpoolFile): Promise<void> {
    await rm(file.path, { force: true });
    this.#files = this.#files.filter((each) => each !== file);
  }

  /** A crash may have torn the last line; of what is not there in full nobody was told that it was kept. */
  #eventsOf(text: string, { path }: SpoolFile): ShardedEvent[] {
    const lines = text.split('\n').filter((line) => line !== '');
    const events = lines.map(eventIn).filter((event) => event !== undefined);
    const torn = lines.length - events.length;
    if (torn > 0)
      this.#options.logger.warn({ file: path, lines: torn }, 'lines of a spool file are no events, and skipped');
    return events;
  }
}

function fitting(events: readonly ShardedEvent[], room: number): { lines: string[]; bytes: number } {
  const lines: string[] = [];
  let bytes = 0;
  for (const event of events) {
    const line = `${JSON.stringify(event)}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > room) return { lines, bytes: bytes - Buffer.byteLength(line) };
    lines.push(line);
  }
  return { lines, bytes };
}

function eventIn(line: string): ShardedEvent | undefined {
  try {
    const read = JSON.parse(line) as ShardedEvent; // this class has written it; whatever else stands there is no event
    const { type, data } = read.event;
    return 'reason' in decodeEvent({ type, value: Buffer.from(JSON.stringify(data)) }) ? undefined : read;
  } catch {
    return undefined;
  }
}
