import { randomBytes } from 'node:crypto';
import { ivBytes } from './aes-gcm.ts';

/** Asking for random bytes costs more than drawing them, so they are drawn for several envelopes at a time. */
const drawnBytes = 32 * ivBytes;
let drawn: Buffer = Buffer.alloc(0);
let at = 0;

/** 12 random bytes, handed out once. They lie between others, and are only read. */
export function freshIv(): Buffer {
  if (at === drawn.length) {
    drawn = randomBytes(drawnBytes);
    at = 0;
  }
  at += ivBytes;
  return drawn.subarray(at - ivBytes, at);
}
