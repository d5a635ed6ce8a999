import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fewAtOnce } from './few-at-once.ts';

const deriveNow = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>; // the callback form's types do not promisify

/** Node has four threads for such work, which look up host names, too: anybody may have passwords tried, and must not take them all. */
const inTurn = fewAtOnce({ atOnce: 2, waiting: 100 });

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
const nonceBytes = 16;

/** `argon2id$memory$passes$parallelism$nonce$hash`, the last two in base64url. Throws UNAVAILABLE when very many ask at once. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(nonceBytes);
  const hash = await derive('argon2id', { ...cost, message: spelt(password), nonce });
  return [
    'argon2id',
    cost.memory,
    cost.passes,
    cost.parallelism,
    nonce.toString('base64url'),
    hash.toString('base64url'),
  ].join('$');
}

export interface PasswordVerdict {
  isRight: boolean;
  /** It was hashed at another cost than passwords are now. */
  isOutdated: boolean;
}

/**
 * Compares in constant time. Without a hash, as of somebody who is unknown or has no password, nothing is right, and finding that
 * out takes as long. Throws UNAVAILABLE when very many ask at once.
 */
export async function verifyPassword(password: string, stored: string | null | undefined): Promise<PasswordVerdict> {
  const known = readHash(stored ?? '');
  const { hash, ...parameters } = known ?? { ...cost, nonce: Buffer.alloc(nonceBytes), hash: Buffer.alloc(0) };
  const found = await derive('argon2id', { ...parameters, message: spelt(password) });
  const isRight = known !== undefined && timingSafeEqual(found, hash);
  return { isRight, isOutdated: isRight && !isCurrent(parameters) };
}

type Parameters = Omit<Argon2Parameters, 'message'>;

function readHash(stored: string): (Parameters & { hash: Buffer }) | undefined {
  const [algorithm, memory, passes, parallelism, nonce, hash] = stored.split('$');
  if (algorithm !== 'argon2id' || nonce === undefined || hash === undefined) return undefined;
  const tag = Buffer.from(hash, 'base64url');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: tag.length,
    nonce: Buffer.from(nonce, 'base64url'),
    hash: tag,
  };
}

function isCurrent(parameters: Parameters): boolean {
  return (Object.keys(cost) as (keyof typeof cost)[]).every((name) => parameters[name] === cost[name]); // the object's own
}

/** Keyboards differ in how they write one and the same letter (NIST SP 800-63B §5.1.1.2: normalise). */
function spelt(password: string): string {
  return password.normalize('NFKC');
}

function derive(algorithm: 'argon2id', parameters: Argon2Parameters): Promise<Buffer> {
  return inTurn(() => deriveNow(algorithm, parameters));
}
