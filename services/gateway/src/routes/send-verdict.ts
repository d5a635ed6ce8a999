import type { IncomingHttpHeaders } from 'node:http';
import { verdicts } from '@keyward/contract/verdict';
import { sealV1 } from '@keyward/envelope/v1/seal';
import type { Decided } from '../decided.ts';
import { limitHeaders } from '../limit-headers.ts';
import type { OpenedEnvelope } from '../open-envelope.ts';
import { wantsEnvelope } from '../request-headers.ts';

/** What is set of a reply. */
interface Reply {
  headers(values: Record<string, string>): Reply;
  code(status: number): Reply;
  type(contentType: string): Reply;
  serializer(print: (body: string) => string): Reply;
}

interface Verdict<T> {
  decided: Decided;
  /** As it is told in plain JSON. */
  body: T;
  /** What the request asks for, and what it came in. */
  headers: IncomingHttpHeaders;
  opened: OpenedEnvelope | undefined;
}

/** The answer as the environment and the request want it: with its own status or as 200, plain or in an envelope of version 1. */
export function sendVerdict<T>(reply: Reply, { decided, body, headers, opened }: Verdict<T>): T | string {
  reply.headers(limitHeaders(decided));
  if (decided.asStatus) reply.code(verdicts[decided.verdict].status);
  if (opened?.version !== '1' || !wantsEnvelope(headers)) return body;
  reply.headers({ 'x-apikee-encrypted': '1' }).type('application/json; charset=utf-8').serializer(String);
  return JSON.stringify(sealV1({ recipientPublicKey: opened.epk, plaintext: JSON.stringify(body) }));
}
