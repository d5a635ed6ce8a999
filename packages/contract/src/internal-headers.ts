/**
 * Headers between our own services. The gateway strips every inbound `x-keyward-*` header but the public ones, so that a
 * caller from outside can set none of these (design.md §12).
 */
export const internalHeaders = {
  /** Proof that the caller is one of our services. */
  serviceToken: 'x-keyward-service-token',
  /** On a forwarded management call that came in an envelope: its replay id, base64url. */
  replayId: 'x-keyward-replay-id',
  /** On a forwarded call that carried `X-Apikee-Encrypted`, with either value: it comes from an SDK. */
  fromSdk: 'x-keyward-from-sdk',
  requestId: 'x-keyward-request-id',
  /** On the answer to a forwarded call whose service token is none: whoever forwarded it is refused, and not its caller. */
  foreignService: 'x-keyward-foreign-service',
} as const;
export const internalHeaderPrefix = 'x-keyward-';

/** What callers may say to the management API: the organization that a person acts in. */
export const organizationHeader = 'x-keyward-organization';
