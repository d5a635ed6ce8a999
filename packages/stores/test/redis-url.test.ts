import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../src/redis/redis-url.ts';

describe('the URL of Redis', () => {
  it('names one server, a cluster, or the master that sentinels watch', () => {
    expect(parseRedisUrl('redis://h')).toMatchObject({ kind: 'single', address: { host: 'h', port: 6379 }, db: 0 });
    expect(parseRedisUrl('redis://u:p%40:x@[::1]:7/2?prefix=t:')).toMatchObject({
      address: { host: '::1', port: 7 },
      credentials: { username: 'u', password: 'p@:x' },
      db: 2,
      prefix: 't:',
    });
    expect(parseRedisUrl('redis+cluster://a:1,b:2')).toMatchObject({
      kind: 'cluster',
      addresses: [{ port: 1 }, { port: 2 }],
    });
    const sentinel = 'redis+sentinel://u:p@a,b:2/shop/3?sentinelUsername=s&sentinelPassword=t';
    expect(parseRedisUrl(sentinel)).toMatchObject({
      kind: 'sentinel',
      master: 'shop',
      db: 3,
      addresses: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 2 },
      ],
      credentials: { username: 'u', password: 'p' },
      sentinelCredentials: { username: 's', password: 't' },
    });
  });

  it.each([
    ['http://h', 'REDIS_URL is not of the form'],
    ['redis://u:secret@/0', 'REDIS_URL is not of the form'],
    ['redis://u:%secret@h', 'a "%" in REDIS_URL is not followed by two digits'],
    ['redis://u:secret@h:port', 'a host in REDIS_URL is not host:port'],
    ['redis://u:secret@a:1,b:2', 'names several hosts'],
    ['redis://u:secret@h/x', 'the database in REDIS_URL is not a number'],
    ['redis+cluster://u:secret@h/2', 'a cluster has only 0'],
    ['redis+sentinel://u:secret@h', 'names no master'],
    ['redis://u:secret@h?sslrootcert=/ca', 'sslrootcert in REDIS_URL is of no use without TLS'],
    ['rediss://u:secret@h?sslcert=/c', 'sslcert and sslkey in REDIS_URL are set both or neither'],
    ['rediss://u:secret@h?sslrootcert=/no/such', 'the file of sslrootcert in REDIS_URL cannot be read (ENOENT)'],
    ['redis://u:secret@h?sentinelPassword=x', '"sentinelPassword" in REDIS_URL is not known'],
    ['redis://u:secret@h?tls=1', '"tls" in REDIS_URL is not known'],
  ])('says of %s what is wrong, and not the password', (url, told) => {
    expect(() => parseRedisUrl(url)).toThrow(told);
    expect(() => parseRedisUrl(url)).not.toThrow('secret');
  });
});
