/** What the package is on every runtime; the names of the published `apikee` package beside ours. */

export type { Duration } from './keys/duration.ts';
export { hashKey } from './keys/hash-key.ts';
export type { Claims, Claims as ApikeeClaims } from './keys/key-claims.ts';
export { KeyEngine, KeyEngine as ApikeeKeyEngine, type KeyOptions } from './keys/key-engine.ts';
export {
  type CreateOptions,
  type CreateOptions as CreateClientOptions,
  Keyward,
  Keyward as Apikee,
} from './keyward.ts';
export { KeywardError, KeywardError as ApikeeError } from './keyward-error.ts';
export type { KeywardOptions, KeywardOptions as ApikeeConfig } from './options.ts';
export type { Incident } from './server/incidents.ts';
export type { Allowed, RefusalBody, Refused, RequestFacts, Validation } from './validation.ts';
