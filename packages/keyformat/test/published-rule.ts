import { createHmac } from 'node:crypto';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Naive base62, digit by digit and without padding, stated apart from the code that it judges. */
export function naiveBytes(text: string): Buffer {
  let value = 0n;
  for (const char of text) value = value * 62n + BigInt(digits.indexOf(char));
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** Whether a published SDK, which does not pad, accepts the key. */
export function publishedSdkAccepts(key: string, secret: string): boolean {
  const [payload = '', signature = ''] = key.slice('apikee_'.length).split('.');
  return createHmac('sha256', secret).update(naiveBytes(payload)).digest().equals(naiveBytes(signature));
}
