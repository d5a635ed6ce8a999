/** Stands in the place of keyformat's `hex.ts` in the edge build: the same without Buffer. */
export { bytesToHex as printHex, hexToBytes as readHex } from '@noble/hashes/utils.js';
