/** The HTTP request that an envelope belongs to. */
export type RequestLine = {
  /** In capitals. */
  method: string;
  /** Path and query as they stand on the request line, after the base URL: `/client/self?method_path=…`. */
  path: string;
};

type Bound = RequestLine & { kid: string; ts: string };

/** What a request's ciphertext is bound to: `v2 SP kid SP METHOD SP path?query SP ts` (wire.md §6). No part holds a space. */
export function requestAad(bound: Bound): Buffer {
  return Buffer.from(lineOf(bound));
}

/** The same for a reply, with its own `ts`, and the request's `iv` at the end: it answers one request and no other. */
export function replyAad(bound: Bound & { requestIv: Buffer }): Buffer {
  return Buffer.from(`${lineOf(bound)} ${bound.requestIv.toString('base64url')}`);
}

function lineOf({ kid, method, path, ts }: Bound): string {
  return `v2 ${kid} ${method} ${path} ${ts}`;
}
