import { type DecisionLine, type DecisionReply, type DecisionRequest, decisions } from '@keyward/contract/decisions';
import { internalHeaders } from '@keyward/contract/internal-headers';
import type { Logger } from '@keyward/kit/logger';
import { startService } from '@keyward/kit/service';
import { validator } from '../src/service.ts';
import { pepper, projectionKey, type SeededShards } from './seeded-shards.ts';

export const serviceToken = 'service-token-of-the-tests';

/** A validator on a free port, on these shards. */
export function startValidator(shards: SeededShards, { logger }: { logger?: Logger } = {}) {
  return startService(validator, {
    config: {
      REDIS_URL: shards.url,
      EVENT_LOG_URL: shards.url,
      PEPPER: pepper,
      PROJECTION_KEY: projectionKey,
      SERVICE_TOKEN: serviceToken,
      OUTBOX_MAX_BYTES: 0,
      RECORD_CACHE_SIZE: 1_000,
      STORE_TIMEOUT_MS: 1_000,
      EVENT_SPOOL_MAX_BYTES: 0,
    },
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    ...(logger ? { logger } : {}),
  });
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url + decisions.url, {
    method: decisions.method,
    headers: { 'content-type': 'application/json', [internalHeaders.serviceToken]: serviceToken, ...headers },
    body: JSON.stringify(body),
  });
}

/** The lines of an answer, as they come. */
export async function* linesOf(response: Response): AsyncGenerator<DecisionLine> {
  let rest = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Asks for a batch; the replies in the order of the requests, each of which came exactly once. */
export async function ask(url: string, batch: readonly DecisionRequest[]): Promise<DecisionReply[]> {
  const response = await post(url, batch);
  if (response.status !== 200) throw new Error(`answered ${response.status}: ${await response.text()}`);
  const lines: DecisionLine[] = [];
  for await (const line of linesOf(response)) lines.push(line);
  lines.sort((a, b) => a.i - b.i);
  if (lines.length !== batch.length || lines.some(({ i }, at) => i !== at)) throw new Error('not one reply a request');
  return lines.map(({ reply }) => reply);
}
