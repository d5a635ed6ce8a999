import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequest } from '../../src/http/check-request.ts';
import { queryValue } from '../../src/http/query-value.ts';
import { get } from './http-clients.ts';

const isTaken = (path: string) => {
  try {
    checkRequest(get(path));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return false;
  }
};

describe('a path', () => {
  it('is taken where a URL parser leaves it as it is', () => {
    const taken = [
      '/',
      '/a/b',
      '/a%2Fb',
      '/a//b',
      '/client/self?project_env=x&method_path=GET%3A%2F..%2Fb',
      '/a?b=/../c',
    ];
    expect(taken.filter((path) => !isTaken(path))).toEqual([]);
  });

  it('is refused where one would change it, or where it would end the request line', () => {
    const refused = [
      '',
      'a',
      '*',
      'http://a/',
      '/a b',
      '/a\r\nb',
      '/é',
      "/a'b",
      '/a"b',
      '/a#b',
      '/a\\b',
      '/a/../b',
      '/a/./b',
    ];
    const dots = ['/..', '/a/%2E%2e', '/a/.%2e/b', '/a/..?b', '/a?', '/a\tb'];
    expect([...refused, ...dots].filter(isTaken)).toEqual([]);
  });

  it('is taken with any text in its query, such as the path of somebody else’s request', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const path = `/client/self?method_path=${queryValue(`GET:/it's/${text}`)}`;
        expect(isTaken(path)).toBe(true);
        expect(new URL(`http://a${path}`).searchParams.get('method_path')).toBe(`GET:/it's/${text}`);
      }),
    );
  });

  it('that is taken is the same after any URL parser', () => {
    const unit = fc.constantFrom(...'/.?a%2eE&=:;@!$()*+,-_~\'"<>[]{}|\\^`# \té');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const path = `/${text}`;
        if (!isTaken(path)) return;
        const url = new URL(`http://a${path}`);
        expect(url.pathname + url.search).toBe(path);
      }),
      { numRuns: 5_000 },
    );
  });
});
