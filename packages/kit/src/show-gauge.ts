import { Gauge, type Registry } from 'prom-client';

interface ShownGauge {
  name: string;
  help: string;
  /** undefined: it is not known just now, and left out. */
  read: () => number | undefined;
}

/** A figure that is read when it is looked at. */
export function showGauge(metrics: Registry, { name, help, read }: ShownGauge): void {
  new Gauge({
    name,
    help,
    registers: [metrics],
    collect() {
      this.remove();
      const figure = read();
      if (figure !== undefined) this.set(figure);
    },
  });
}
