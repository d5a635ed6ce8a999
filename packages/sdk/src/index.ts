/** The package on Node, Bun and Deno. */
export * from './common.ts';
export { decryptPayload, type EncryptedEnvelope, encryptPayload } from './node/envelopes.ts';
export { signRequest, verifyRequestSignature } from './node/request-signature.ts';
