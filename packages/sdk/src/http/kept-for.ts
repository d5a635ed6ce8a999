import type { AnswerHead } from './answer-head.ts';

/**
 * How long the connection of this answer may wait for its next request, ms; 0: it is closed.
 *
 * A request that is written just when the server closes is lost, so we give up first. Where the server says how long it waits
 * (`Keep-Alive: timeout=…`), a second before that (or half of it, if it is so short), for the way there and a busy event loop. Where it is silent, 4 s: the shortest waits in wide use are 5 s (Node,
 * uvicorn). Never longer than 50 s: load balancers and address translators forget connections after 60 s and more, without a word.
 */
export function keptForMs({ minorVersion, headers }: AnswerHead): number {
  const options = (headers.connection ?? '').toLowerCase();
  if (hasOption(options, 'close')) return 0;
  // RFC 9112, 9.3: HTTP/1.0 persists only if it says so.
  if (minorVersion === 0 && !hasOption(options, 'keep-alive')) return 0;
  const announced = /(?:^|[,;\s])timeout=(\d{1,9})(?:[,;\s]|$)/i.exec(headers['keep-alive'] ?? '');
  if (announced === null) return silentMs;
  const announcedMs = Number(announced[1]) * 1_000;
  return Math.min(Math.max(announcedMs - 1_000, announcedMs / 2), longestMs);
}

function hasOption(options: string, option: string): boolean {
  return options !== '' && (options === option || options.split(',').some((part) => part.trim() === option));
}

const silentMs = 4_000;
const longestMs = 50_000;
