import type { EnvironmentRecord, KeyRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import { endpointRulesOf } from './endpoint-rules.ts';
import type { IpAddress } from './ip-address.ts';
import { rangesOf } from './ip-ranges.ts';
import { isGenuine, type RequestSignature } from './request-signature.ts';
import { holdsScopes } from './scopes.ts';

export interface Facts {
  key: KeyRecord;
  environment: EnvironmentRecord;
  /** The client that the request names, or `self`. */
  clientId: string;
  /** Unix ms. */
  nowMs: number;
  /** Whose request it is; undefined when that cannot be told. */
  callerIp: IpAddress | undefined;
  /** undefined: the request is about no endpoint. */
  methodPath: string | undefined;
  /** undefined: the request carries none. */
  signature: RequestSignature | undefined;
  /** What the request itself demands of the key, beside what its endpoint does. */
  requiredScopes?: readonly string[] | undefined;
  /** The product that the key is used for. */
  productId?: string | undefined;
}

/** The rules that need no shared state, in the order of design.md §2.4; the first that objects is the verdict. */
export function decide(facts: Facts): Verdict {
  for (const rule of rules) {
    const refusal = rule(facts);
    if (refusal) return refusal;
  }
  return 'ALLOWED';
}

type Rule = (facts: Facts) => Verdict | undefined;

const rules: readonly Rule[] = [
  keyBelongsToClient,
  keyBelongsToProduct,
  keyStatus,
  keyLifetime,
  clientStatus,
  environmentStatus,
  ipRules,
  requestSignature,
  requiredScopes,
  scopesAndEndpoint,
  abnormalUsage,
];

/** A key of another client is answered like one that nobody knows (wire.md §5: no oracle). */
function keyBelongsToClient({ key, clientId }: Facts): Verdict | undefined {
  return clientId === 'self' || clientId === key.clientId ? undefined : 'INVALID_KEY';
}

/** Keys are scoped from broad to narrow: one without a product serves them all. */
function keyBelongsToProduct({ key, productId }: Facts): Verdict | undefined {
  const isOther = productId !== undefined && key.productId !== undefined && key.productId !== productId;
  return isOther ? 'INVALID_KEY' : undefined;
}

function keyStatus({ key }: Facts): Verdict | undefined {
  switch (key.status) {
    case 'active':
      return undefined;
    case 'disabled':
      return 'DISABLED';
    case 'revoked':
    case 'deleted':
      return 'REVOKED';
  }
}

/** A key lives from `notBeforeMs`, that millisecond included, to `expiresAtMs`, that one excluded. */
function keyLifetime({ key, nowMs }: Facts): Verdict | undefined {
  if (key.expiresAtMs !== undefined && nowMs >= key.expiresAtMs) return 'EXPIRED';
  if (key.notBeforeMs !== undefined && nowMs < key.notBeforeMs) return 'NOT_YET_VALID';
  return undefined;
}

function clientStatus({ key }: Facts): Verdict | undefined {
  return key.clientStatus === 'active' ? undefined : 'CLIENT_DISABLED';
}

function environmentStatus({ environment }: Facts): Verdict | undefined {
  return environment.status === 'active' ? undefined : 'ENVIRONMENT_DISABLED';
}

/** Both lists must hold the address; an empty one holds all. Who cannot be told is on no list (wire.md §2.6). */
function ipRules({ key, callerIp }: Facts): Verdict | undefined {
  const refused = [key.clientIps, key.keyIps].some(
    (list) => list.length > 0 && (callerIp === undefined || !rangesOf(list).includes(callerIp)),
  );
  return refused ? 'IP_NOT_ALLOWED' : undefined;
}

/** One that is sent is checked whenever there are keys to check it by, whether or not the environment asks for it. */
function requestSignature({ environment, signature }: Facts): Verdict | undefined {
  const isRequired = environment.settings.requestSignature === 'required';
  if (!signature) return isRequired ? 'SIGNATURE_REQUIRED' : undefined;
  if (!isRequired && environment.requestKeys.length === 0) return undefined;
  return isGenuine(signature) ? undefined : 'SIGNATURE_INVALID';
}

function requiredScopes({ key, requiredScopes: scopes = [] }: Facts): Verdict | undefined {
  return holdsScopes(key.scopes, scopes) ? undefined : 'INSUFFICIENT_SCOPE';
}

/** What a key lacks comes before what is wrong with the endpoint; both hang on the endpoint, which is looked for once. */
function scopesAndEndpoint({ key, environment, methodPath }: Facts): Verdict | undefined {
  if (methodPath === undefined) return undefined;
  const refusesUnknown = environment.settings.unknownEndpoints === 'refuse';
  if (environment.endpoints.length === 0 && !refusesUnknown) return undefined;
  const rule = endpointRulesOf(environment).find(methodPath);
  if (!rule) return refusesUnknown ? 'ENDPOINT_DISABLED' : undefined;
  if (!holdsScopes(key.scopes, rule.requiredScopes ?? [])) return 'INSUFFICIENT_SCOPE';
  return rule.enabled ? undefined : 'ENDPOINT_DISABLED';
}

function abnormalUsage({ key }: Facts): Verdict | undefined {
  return key.abnormal ? 'ABNORMAL_USAGE' : undefined;
}
