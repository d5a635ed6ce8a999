import { Counter, type Registry } from 'prom-client';

interface Total {
  name: string;
  help: string;
  /** The one label of a total that has parts. */
  label?: string;
  /** The total since the process began; or its parts, by the label's value. */
  read: () => number | Iterable<[part: string, count: number]>;
}

/** A counter that somebody keeps as a plain number and that is read when it is looked at, so that counting costs an addition. */
export function showTotal(metrics: Registry, { name, help, label, read }: Total): void {
  new Counter({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [metrics],
    collect() {
      this.reset();
      const total = read();
      if (typeof total === 'number') return this.inc(total);
      for (const [part, count] of total) if (label !== undefined) this.inc({ [label]: part }, count);
    },
  });
}
