import { randomBytes } from 'node:crypto';

/** A name that no other test of this or another run uses: lower-case letters and digits, a letter first. */
export const uniqueName = (kind: string) => `${kind}${randomBytes(9).toString('hex')}`;
