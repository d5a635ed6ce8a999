import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const lockfile = readFileSync(new URL('../../pnpm-lock.yaml', import.meta.url), 'utf8');
const [, snapshots = ''] = lockfile.split(/^snapshots:$/m);
/** A version, and the peers that it was resolved with: each is a copy. */
const copies = [...snapshots.matchAll(/^ {2}'?(@?[^@'\n]+)@([^\n]+?)'?:(?: \{\})?$/gm)].map(
  ([, name = '', copy = '']) => ({ name, copy }),
);

describe('a library whose classes tests and code tell apart by identity', () => {
  it.each([
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/platform-express',
    '@nestjs/platform-fastify',
    'express',
    'fastify',
    'hono',
    'ioredis',
    'kysely',
    'rxjs',
    'typebox',
  ])('is there once: %s', (library) => {
    expect(copies.filter(({ name }) => name === library)).toHaveLength(1);
  });
});
