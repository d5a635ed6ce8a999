/**
 * The closed list of what a validation can come to (wire.md §5). `status` is what the protected application should
 * answer its own caller; Keyward itself answers 200 whatever the verdict, since published SDKs take any other status
 * for an outage and, being fail-open, would let the request through.
 */
export const verdicts = {
  ALLOWED: { status: 200, message: 'The key is valid.' },
  MISSING_KEY: { status: 401, message: 'No API key was sent.' },
  INVALID_KEY: { status: 401, message: 'The API key is not valid.' },
  EXPIRED: { status: 401, message: 'The API key has expired.' },
  NOT_YET_VALID: { status: 401, message: 'The API key is not valid yet.' },
  SIGNATURE_REQUIRED: { status: 401, message: 'This environment takes signed requests only.' },
  SIGNATURE_INVALID: { status: 401, message: 'The signature of this request is not valid.' },
  REVOKED: { status: 403, message: 'The API key was revoked.' },
  DISABLED: { status: 403, message: 'The API key is disabled.' },
  CLIENT_DISABLED: { status: 403, message: 'The client of this API key is disabled.' },
  ENVIRONMENT_DISABLED: { status: 403, message: 'This environment is disabled.' },
  ENDPOINT_DISABLED: { status: 403, message: 'This endpoint is disabled, or not known to the environment.' },
  ENVIRONMENT_UNKNOWN: { status: 403, message: 'The environment is unknown.' },
  ENCRYPTION_REQUIRED: { status: 403, message: 'This environment takes encrypted requests only.' },
  IP_NOT_ALLOWED: { status: 403, message: 'The API key may not be used from this address.' },
  INSUFFICIENT_SCOPE: { status: 403, message: 'The API key lacks a scope that is required.' },
  RATE_LIMITED: { status: 429, message: 'A rate limit is used up.' },
  ABNORMAL_USAGE: { status: 429, message: 'The usage of this API key is abnormal.' },
  REPLAYED: { status: 400, message: 'This request was already received.' },
  STALE_REQUEST: { status: 400, message: 'The timestamp of this request is too far from the present.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type Verdict = keyof typeof verdicts;
export type Refusal = Exclude<Verdict, 'ALLOWED'>;
export const verdictCodes = Object.keys(verdicts) as Verdict[]; // the keys of a constant: no others exist

export function isVerdict(text: string): text is Verdict {
  return Object.hasOwn(verdicts, text);
}
