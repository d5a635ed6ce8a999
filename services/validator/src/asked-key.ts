import type { DecisionRequest } from '@keyward/contract/decisions';
import type { Refusal } from '@keyward/contract/verdict';
import { type PresentedKey, presentedKey } from '@keyward/decision/presented-key';
import type { KeyDigests } from './key-digests.ts';
import type { ServerKeyContext } from './server-key-contexts.ts';

/** The customer key that a request is about. */
export interface AskedKey {
  raw: string;
  digest: string;
  /** What else it may be known by. */
  otherDigests: readonly string[];
  /** The client that the request names, or `self`. */
  clientId: string;
}

export type Asked = { kind: 'key'; key: AskedKey } | { kind: 'refused'; code: Refusal };

/** The key that the request is about, by the environment as it is known here; or why there is none. */
export function askedKey(digests: KeyDigests, { environment }: ServerKeyContext, request: DecisionRequest): Asked {
  const { projectEnv, settings } = environment;
  if (request.projectEnv !== undefined && request.projectEnv !== projectEnv) return refused('ENVIRONMENT_UNKNOWN');
  if (settings.encryption === 'required' && request.replayId === undefined) return refused('ENCRYPTION_REQUIRED');
  const presented = request.verify ? statedKey(request.verify.key) : presentedKey(request.headers, settings.keyHeader);
  if (presented.kind === 'none') return refused('MISSING_KEY');
  if (presented.kind === 'several') return refused('INVALID_KEY');
  const { raw } = presented;
  const [digest, ...otherDigests] = digests.ofCustomer(environment, raw);
  return digest === undefined
    ? refused('INVALID_KEY')
    : { kind: 'key', key: { raw, digest, otherDigests, clientId: request.clientId } };
}

function statedKey(text: string): PresentedKey {
  const raw = text.trim();
  return raw === '' ? { kind: 'none' } : { kind: 'one', raw };
}

function refused(code: Refusal): Asked {
  return { kind: 'refused', code };
}
