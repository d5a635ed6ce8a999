/** X coordinates of low order on the curve and its twist, reduced modulo 2^255 - 19 and not, with the top bit clear, little-endian. */
const points: ReadonlySet<string> = new Set(
  [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ].map((hex) => nameOf(Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)))),
);

/**
 * Is this X25519 public key one of those that give everybody the same shared secret? (wire.md §6: they "are refused before
 * the private key is used".) RFC 7748 §5: implementations "MUST mask the most significant bit in the final byte".
 */
export function isOfLowOrder(publicKey: Uint8Array): boolean {
  return points.has(nameOf(publicKey));
}

/** A character a byte. No Buffer, since runtimes without one ask this, too. */
function nameOf(publicKey: Uint8Array): string {
  const last = publicKey.length - 1;
  let name = '';
  for (let at = 0; at < last; at++) name += String.fromCharCode(publicKey[at] ?? 0);
  return name + String.fromCharCode((publicKey[last] ?? 0) & 0x7f);
}
