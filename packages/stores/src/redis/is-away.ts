/** The codes with which a Redis says that it cannot serve just now (design.md §5). */
const awayCodes = new Set([
  'MOVED', // once more than a refresh of the topology could mend
  'ASK',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'LOADING',
  'READONLY',
  'OOM',
  'NOREPLICAS',
  'MASTERDOWN',
  'MISCONF',
  'BUSY',
  'UNCONFIRMED', // a word of our scripts (confirmed-script.ts): the shard was confirmed for another process just now
]);

/**
 * Does this error mean that the store is away? Connections and time-outs do. Any other error reply (a script's own, a key
 * of the wrong type, a refused login) is a fault of ours or of the installation, which no waiting mends.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return true; // ioredis' type of it is `any`
  const [code = ''] = error.message.split(' ', 1);
  return awayCodes.has(code);
}
