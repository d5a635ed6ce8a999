/** `keyward/management`: the management API, typed, on any runtime with `fetch`. */
export type * from './management/api.ts';
export {
  AlreadyExistsError,
  ExpiredKeyError,
  type Fault,
  InsufficientScopeError,
  InvalidKeyError,
  KeywardApiError,
  QuotaError,
  RefusedKeyError,
  RevokedKeyError,
  UnavailableError,
} from './management/api-errors.ts';
export type { Clients } from './management/clients.ts';
export {
  createManagement,
  type Management,
  type ManagementOptions,
  type Usage,
} from './management/create-management.ts';
export type { Keys, VerifiedKey, VerifyOptions } from './management/keys.ts';
export type { Products } from './management/products.ts';
export type { GotOrCreated, Resource, Stated } from './management/resource.ts';
