import { parseArgs } from 'node:util';

export interface SoakOptions {
  minutes: number;
  /** Of the calls/s that are answered and counted at most. */
  share: number;
  clients: number;
  /** Under which name the result is kept. */
  save: string | undefined;
}

const options = {
  minutes: { type: 'string', default: '30' },
  share: { type: 'string', default: '0.6' },
  clients: { type: 'string', default: '1000' },
  save: { type: 'string' },
} as const;

/** @throws Error that says what is wrong with the words. */
export function readSoakOptions(words: readonly string[]): SoakOptions {
  const { values } = parseArgs({ args: [...words], options });
  const [minutes, share, clients] = [Number(values.minutes), Number(values.share), Number(values.clients)];
  if (!(minutes > 0)) throw new Error(`${values.minutes} is no number of minutes`);
  if (!(share > 0 && share <= 1)) throw new Error(`${values.share} is no share of the load that is possible`);
  if (!(Number.isInteger(clients) && clients > 0)) throw new Error(`${values.clients} is no number of clients`);
  return { minutes, share, clients, save: values.save };
}
