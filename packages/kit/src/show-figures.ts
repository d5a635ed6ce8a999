import { Gauge, type Registry } from 'prom-client';
import { pause } from './pause.ts';

export interface Figure<T> {
  name: string;
  help: string;
  of: (read: T) => number;
}

interface FiguresOptions<T> {
  read: () => Promise<T>;
  figures: readonly Figure<T>[];
}

/** A store that does not answer by then leaves its figures out; the others are shown. */
const timeoutMs = 1_000;

/** Gauges of what a store holds, read by one look at it whenever somebody looks at them. */
export function showFigures<T>(metrics: Registry, { read, figures }: FiguresOptions<T>): void {
  let looking: Promise<T | undefined> | undefined;
  const look = () => {
    looking ??= answerInTime(read()).finally(() => {
      looking = undefined;
    });
    return looking;
  };
  for (const { name, help, of } of figures) {
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        this.remove();
        const answer = await look();
        if (answer !== undefined) this.set(of(answer));
      },
    });
  }
}

async function answerInTime<T>(answer: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController();
  const lost = () => undefined;
  try {
    return await Promise.race([answer.catch(lost), pause(timeoutMs, answered.signal).then(lost)]);
  } finally {
    answered.abort();
  }
}
