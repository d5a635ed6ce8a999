import { type KeyringKey, keyringKey } from './keyring-key.ts';
import { importPrivateKey } from './x25519.ts';

const fields = ['kid', 'private_key', 'not_before', 'not_after'];
const kidShape = /^[0-9A-Za-z_-]{1,64}$/;
const timeShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** Reads one entry of a keyring file; calls `fault` with each thing that is wrong, naming fields and never values. */
export function readKeyringKey(entry: unknown, fault: (what: string) => void): KeyringKey | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    fault('is not an object');
    return undefined;
  }
  const values: { [name: string]: unknown } = { ...entry };
  if (Object.keys(values).some((name) => !fields.includes(name))) fault(`has fields other than ${fields.join(', ')}`);
  const kid = readKid(values.kid);
  if (kid === undefined) fault('kid is not 1 to 64 letters, digits, _ or -');
  const raw = readRawKey(values.private_key);
  if (raw === undefined) fault('private_key is not the standard base64 of 32 bytes');
  const notBeforeMs = readTime(values.not_before);
  if (notBeforeMs === undefined) fault('not_before is not an ISO 8601 time in UTC');
  const notAfterMs = values.not_after === null ? null : readTime(values.not_after);
  if (notAfterMs === undefined) fault('not_after is neither null nor an ISO 8601 time in UTC');
  if (kid === undefined || raw === undefined || notBeforeMs === undefined || notAfterMs === undefined) return undefined;
  if (notAfterMs !== null && notAfterMs <= notBeforeMs) fault('not_after does not lie after not_before');
  return keyringKey({ privateKey: importPrivateKey(raw), kid, notBeforeMs, notAfterMs });
}

/** Kids stand in header lines and HKDF labels of version 2, between spaces. */
function readKid(value: unknown): string | undefined {
  return typeof value === 'string' && kidShape.test(value) ? value : undefined;
}

function readRawKey(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length !== 44) return undefined;
  const raw = Buffer.from(value, 'base64');
  return raw.length === 32 && raw.toString('base64') === value ? raw : undefined;
}

/** Unix milliseconds. Date.parse moves 30 February to March; what does not print back was no such day. */
function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !timeShape.test(value)) return undefined;
  const timeMs = Date.parse(value);
  if (Number.isNaN(timeMs)) return undefined;
  return new Date(timeMs).toISOString().startsWith(value.slice(0, 19)) ? timeMs : undefined;
}
