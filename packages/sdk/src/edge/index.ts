/** The package on edge runtimes. What is synchronous on Node and cannot be here (`encryptPayload`, `signRequest` …) is missing. */
export * from '../common.ts';
