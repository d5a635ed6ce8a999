import type { ClaimsCodec } from './claims-codec.ts';
import { printMsgpack } from './print-msgpack.ts';
import { readMsgpack } from './read-msgpack.ts';

/** msgpack, which Python applications with the msgpack module read and nothing else (wire.md §1). */
export const claimsMsgpack: ClaimsCodec = { read: readMsgpack, print: printMsgpack };
