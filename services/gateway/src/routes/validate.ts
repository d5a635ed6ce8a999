import { type ValidateQuery, type ValidateReply, validate } from '@keyward/contract/routes/validate';
import type { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import { sealV1 } from '@keyward/envelope/seal';
import { AppError } from '@keyward/kit/app-error';
import type { Clock } from '@keyward/kit/clock';
import type { App } from '@keyward/kit/http-app';
import { newId } from '@keyward/kit/random';
import type { DecisionClient } from '../decision-client.ts';
import type { KeyringFile } from '../keyring-file.ts';
import { limitHeaders } from '../limit-headers.ts';
import { type OpenedEnvelope, openEnvelope } from '../open-envelope.ts';
import { parseJson } from '../parse-json.ts';
import { readFacts } from '../read-facts.ts';
import { encryption, requestSignature, requireJson, wantsEnvelope } from '../request-headers.ts';
import { readServerKey, unauthenticated } from '../server-key.ts';
import { validateReply } from '../validate-reply.ts';

interface ValidateOptions {
  decisions: DecisionClient;
  keyring: KeyringFile;
  derivedKeys: DerivedKeyCache;
  clock: Clock;
  bodyLimit: number;
}

interface Types {
  Params: { id: string };
  Querystring: ValidateQuery;
  Body: Buffer | undefined;
  Reply: ValidateReply | string;
}

/** The work goes from cheap to dear: size, content type, server key's checksum, URL, lengths, crypto, the validator. */
export function validateRoute(app: App, { decisions, keyring, derivedKeys, clock, bodyLimit }: ValidateOptions): void {
  app.route<Types>({
    ...validate,
    bodyLimit,
    preValidation: async ({ headers }) => {
      requireJson(headers);
      readServerKey(headers);
    },
    handler: async (request, reply) => {
      const { headers, query, params, body = Buffer.alloc(0) } = request;
      const arrivedMs = clock.monotonicMs() - reply.elapsedTime;
      const opened =
        encryption(headers) === 'envelope'
          ? openEnvelope({ body, keyring: keyring.current, cache: derivedKeys, nowMs: clock.nowMs() })
          : undefined;
      const { timestamp, ...facts } = readFacts(opened ? opened.value : parsePlain(body));
      const signature = requestSignature(headers);
      const answer = await decisions.decide({
        arrivedMs,
        bodyBytes: body.length,
        request: {
          eventId: newId(),
          serverKey: readServerKey(headers),
          clientId: params.id.toLowerCase(),
          ...(query.project_env !== undefined && { projectEnv: query.project_env }),
          methodPath: query.method_path,
          ...facts,
          ...(opened && { replayId: opened.replayId.toString('base64url') }),
          ...(signature !== undefined && { signature: { value: signature, clientId: params.id, timestamp } }),
        },
      });
      if (answer.kind === 'unauthenticated') throw unauthenticated();
      if (opened && answer.kind === 'decided') derivedKeys.remember(opened);
      if (answer.kind === 'unavailable') throw noVerdict(answer);
      const verdict = validateReply(answer, {
        methodPath: query.method_path,
        elapsedMs: clock.monotonicMs() - arrivedMs,
      });
      reply.headers(limitHeaders(answer));
      if (answer.asStatus && verdict.status !== undefined) reply.code(verdict.status);
      if (!opened || !wantsEnvelope(headers)) return verdict;
      reply.header('x-apikee-encrypted', '1').type('application/json; charset=utf-8').serializer(String);
      return seal(opened, verdict);
    },
  });
}

function parsePlain(body: Buffer): unknown {
  const parsed = parseJson(body);
  if (!parsed) throw new AppError('BAD_REQUEST', 'The body is not JSON, or is nested too deeply.');
  return parsed.value;
}

function seal({ epk }: OpenedEnvelope, verdict: ValidateReply): string {
  return JSON.stringify(sealV1({ recipientPublicKey: epk, plaintext: JSON.stringify(verdict) }));
}

function noVerdict({ retryAfterSeconds }: { retryAfterSeconds: number }): AppError {
  return new AppError('UNAVAILABLE', 'No verdict could be reached in time; try again.', { retryAfterSeconds });
}
