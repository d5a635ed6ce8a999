import { type EventProducer, EventsRefused, type ShardedEvent } from '@keyward/stores/ports/event-log';

/** A log that keeps what it takes, once the test lets it. */
export class LogTwin implements EventProducer {
  readonly kept: ShardedEvent[] = [];
  readonly appended: number[] = [];
  underWay = 0;
  most = 0;
  open = Promise.resolve();
  refuses = (_: ShardedEvent) => false;

  async append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    await Promise.race([this.open, aborted]).finally(() => {
      this.underWay -= 1;
    });
    if (events.some(this.refuses)) throw new EventsRefused('MESSAGE_TOO_LARGE', undefined);
    this.appended.push(events.length);
    this.kept.push(...events);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
