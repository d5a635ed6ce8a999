import type { IncomingHttpHeaders } from 'node:http';

/** What is read of a request to tell who makes it. */
export interface CredentialedCall {
  method: string;
  headers: IncomingHttpHeaders;
  /** The address of the socket. */
  ip: string;
}
