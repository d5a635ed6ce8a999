import { type ClaimsCodec, maxDepth, maxPayloadBytes } from './claims-codec.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const quote = 0x22;
const backslash = 0x5c;

/** JSON in UTF-8. Python writes `\uXXXX` where Node writes raw UTF-8; both are read, and the bytes are what is signed. */
export const claimsJson: ClaimsCodec = {
  read(payload) {
    if (payload.length > maxPayloadBytes || nestsTooDeep(payload)) return undefined;
    try {
      return JSON.parse(utf8.decode(payload));
    } catch {
      // The error would quote the payload.
      return undefined;
    }
  },
  print: (value) => new TextEncoder().encode(JSON.stringify(value)),
};

/** Counts brackets outside strings before `JSON.parse` recurses over them. */
function nestsTooDeep(payload: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at];
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (depth > maxDepth) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}
