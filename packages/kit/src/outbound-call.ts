import { lookup } from 'node:dns/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { OutboundFault } from '@keyward/contract/outbound-fault';
import { hostName, type OutboundRules } from './outbound-rules.ts';

export interface OutboundRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}

export interface OutboundAnswer {
  /** 3xx as well: nobody follows it. */
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Calls a URL that a user named. @throws {OutboundError} */
export type OutboundCall = (request: OutboundRequest) => Promise<OutboundAnswer>;

export class OutboundError extends Error {
  readonly fault: OutboundFault;

  constructor(fault: OutboundFault, cause?: unknown) {
    super(`a call to an outside URL came to nothing: ${fault}`, { cause });
    this.fault = fault;
  }
}

interface Address {
  address: string;
  family: number;
}

interface OutboundOptions {
  rules: OutboundRules;
  /** All addresses of a host. */
  resolve?: (host: string) => Promise<readonly Address[]>;
  /** For the whole of a call, from the look-up of the name to the last byte. */
  deadlineMs?: number;
  maxAnswerBytes?: number;
}

/**
 * Makes calls that keep to the rules (design.md §12): the name is looked up once, every address that it has must be allowed, and the
 * connection goes to one of these, so that a name that changes between the check and the call leads nowhere else.
 */
export function outboundCall(options: OutboundOptions): OutboundCall {
  const { rules, deadlineMs = 10_000, maxAnswerBytes = 1024 * 1024 } = options;
  const resolve = options.resolve ?? ((host: string) => lookup(host, { all: true }));
  return async (request) => {
    if (rules.urlFault(request.url) !== undefined) throw new OutboundError('not-allowed');
    const url = new URL(request.url);
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const addresses = await orAborted(signal, resolveAllowed(url, rules, resolve));
      return await send({ request, url, addresses, signal, maxAnswerBytes });
    } catch (error) {
      throw asOutboundError(signal.aborted ? new OutboundError('timeout', error) : error);
    }
  };
}

async function resolveAllowed(
  url: URL,
  rules: OutboundRules,
  resolve: (host: string) => Promise<readonly Address[]>,
): Promise<readonly Address[]> {
  const host = hostName(url.hostname);
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (addresses.length === 0) throw new OutboundError('unresolved');
  if (!addresses.every(({ address }) => rules.allows(host, address))) throw new OutboundError('not-allowed');
  return addresses;
}

interface Sending {
  request: OutboundRequest;
  url: URL;
  addresses: readonly Address[];
  signal: AbortSignal;
  maxAnswerBytes: number;
}

/** Over a connection of its own: one that is kept may lead to where the name led before. */
function send({ request, url, addresses, signal, maxAnswerBytes }: Sending): Promise<OutboundAnswer> {
  const { method, headers, body } = request;
  const start = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((fulfil, reject) => {
    const options = { method, headers, signal, agent: false, lookup: answering(addresses) } as const;
    const sent = start(url, options, (answer) => {
      readAnswer(answer, maxAnswerBytes).then(fulfil, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What Node asks for a name's addresses is told those that were checked. */
function answering(addresses: readonly Address[]): LookupFunction {
  const [first = { address: '', family: 0 }] = addresses;
  return (_host, { all }, callback) =>
    all ? callback(null, [...addresses]) : callback(null, first.address, first.family);
}

async function readAnswer(answer: IncomingMessage, maxBytes: number): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new OutboundError('too-large');
    chunks.push(chunk);
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
}

function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}

function asOutboundError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'getaddrinfo') return new OutboundError('unresolved', error);
  return new OutboundError(/CERT|SSL|TLS|UNABLE_TO_/.test(code) ? 'tls' : 'unreachable', error);
}
