import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the kernel's ephemeral range on Linux (32768 and up) with room for a cluster bus 10,000 above. */
const lowest = 10_240;
const highest = 22_700;
export const clusterBusOffset = 10_000;

/** Ports that this process gave out; two servers that start at once must not be offered the same. */
const givenOut = new Set<number>();

/**
 * A port on 127.0.0.1 that nothing listens on, together with each port `offsets` above it. Another process may still
 * take it first, so a server that dies on start is to be tried again on another port.
 */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(lowest, highest);
    const wanted = [0, ...offsets].map((offset) => port + offset);
    if (wanted.some((one) => givenOut.has(one))) continue;
    for (const one of wanted) givenOut.add(one);
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest} on 127.0.0.1`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((fulfil) => {
    const probe = createServer();
    probe.once('error', () => fulfil(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => fulfil(true)));
  });
}
