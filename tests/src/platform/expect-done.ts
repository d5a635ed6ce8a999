import type { Answer } from './wire-client.ts';

/** The body of a change that was made and that every validator knows; throws what it was answered otherwise. */
export function expectDone({ status, body }: Answer): Answer['body'] {
  if (status >= 300 || body.propagation !== undefined) {
    throw new Error(`the change was answered ${status}: ${JSON.stringify(body)}`);
  }
  return body;
}
