import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerParser, type ParsedAnswer } from '../../src/http/answer-parser.ts';
import { HttpFailure } from '../../src/http/http-client.ts';
import { anyAnswer, printAnswer } from './any-answer.ts';

const mib = 1_024 * 1_024;
const bytesOf = (text: string) => Buffer.from(text, 'latin1');

/** What a parser makes of these pieces, one after the other; nothing may come out before the last. */
function parse(pieces: readonly Buffer[], maxBodyBytes = mib): ParsedAnswer | undefined {
  const parser = new AnswerParser(maxBodyBytes);
  let parsed: ParsedAnswer | undefined;
  for (const piece of pieces) {
    if (parsed !== undefined) throw new Error('it was whole before its last byte');
    parsed = parser.push(piece);
  }
  return parsed ?? parser.end();
}
const parseText = (text: string, maxBodyBytes?: number) => parse([bytesOf(text)], maxBodyBytes);
const protocol = expect.objectContaining({ name: 'HttpFailure', kind: 'protocol' });

const endedByThemselves = {
  'a length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
  'a length, and 1xx before it':
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\ncontent-length:5\r\n\r\nhello',
  chunks:
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nx-a: b\r\n\r\n1\r\nh\r\n04;a=b ; c="d"\r\nello\r\n0\r\nt: u\r\nt: v\r\n\r\n',
};
const answers = {
  ...endedByThemselves,
  'the close': 'HTTP/1.0 200\r\nx-a:  b\t \r\n\r\nhello',
};

describe('the parser of answers', () => {
  describe.each(Object.entries(answers))('ended by %s', (_name, text) => {
    const whole = bytesOf(text);
    const read = { status: 200, headers: expect.objectContaining({ 'x-a': 'b' }), body: 'hello' };

    it('reads the same, wherever it is split in two', () => {
      for (let i = 0; i <= whole.length; i += 1) {
        const pieces = [whole.subarray(0, i), whole.subarray(i)].filter(({ length }) => length > 0);
        expect(parse(pieces)?.answer, `split at ${i}`).toEqual(read);
      }
    });

    it('reads the same, when each piece is written over by the next', () => {
      const shared = Buffer.alloc(whole.length);
      for (let i = 1; i < whole.length; i += 1) {
        const parser = new AnswerParser(mib);
        const push = (piece: Buffer) => parser.push(shared.fill(0).subarray(0, piece.copy(shared)));
        expect((push(whole.subarray(0, i)) ?? push(whole.subarray(i)) ?? parser.end())?.answer, `at ${i}`).toEqual(
          read,
        );
      }
    });

    it('reads the same, byte by byte', () => {
      expect(parse(Array.from(whole, (byte) => Buffer.of(byte)))?.answer).toEqual(read);
    });
  });

  it.each(Object.entries(endedByThemselves))(
    'ended by %s, takes neither a byte less nor a byte more',
    (_name, text) => {
      const whole = bytesOf(text);
      for (let i = 0; i < whole.length; i += 1) expect(parse([whole.subarray(0, i)]), `cut at ${i}`).toBeUndefined();
      expect(() => parseText(`${text}\0`)).toThrow(protocol);
      expect(() => parseText(text + text)).toThrow(protocol);
    },
  );

  it('has no body where the status has none', () => {
    for (const status of ['204 No Content', '304 Not Modified']) {
      expect(parseText(`HTTP/1.1 ${status}\r\n\r\n`)?.answer.body).toBe('');
      expect(parseText(`HTTP/1.1 ${status}\r\ncontent-length: 5\r\n\r\n`)?.answer.body).toBe('');
      expect(() => parseText(`HTTP/1.1 ${status}\r\ncontent-length: 5\r\n\r\nhello`)).toThrow(protocol);
    }
  });

  it('joins a header that came several times, and takes any name for one', () => {
    const { answer } = parseText('HTTP/1.1 204 x\r\nA: 1\r\na: 2\r\n__proto__: p\r\nconstructor: c\r\n\r\n') ?? {};
    expect(Object.entries(answer?.headers ?? {})).toEqual([
      ['a', '1, 2'],
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
  });

  const head = 'HTTP/1.1 200 OK\r\n';
  it.each([
    ['no HTTP', 'SSH-2.0-x\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['another minor version', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['HTTP in lower case', 'http/1.1 200 OK\r\n\r\n'],
    ['an empty line first', '\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['an impossible status', 'HTTP/1.1 600 x\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['bare LFs', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['a bare LF in a value', `${head}a: b\nc: d\r\n\r\n`],
    ['a bare CR in a value', `${head}a: b\rc: d\r\n\r\n`],
    ['a bare LF in a name', `${head}a\nb: c\r\n\r\n`],
    ['a bare CR in a name', `${head}a\rb: c\r\n\r\n`],
    ['CR CR LF', `${head}a: b\r\r\n\r\n`],
    ['NUL in a value', `${head}a: b\0c\r\n\r\n`],
    ['whitespace before the colon', `${head}content-length : 5\r\n\r\nhello`],
    ['whitespace before a name', `${head} a: b\r\n\r\n`],
    ['a folded line', `${head}a: b\r\n c\r\n\r\n`],
    ['no colon', `${head}a\r\n\r\n`],
    ['no name', `${head}: a\r\n\r\n`],
    ['no ASCII in a name', `${head}\xe9: a\r\n\r\n`],
    ['length and chunks', `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['lengths that differ', `${head}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`],
    ['lengths that differ in one line', `${head}content-length: 5, 6\r\n\r\nhello`],
    ['an empty length', `${head}content-length:\r\n\r\n`],
    ['a signed length', `${head}content-length: +5\r\n\r\nhello`],
    ['a negative length', `${head}content-length: -5\r\n\r\nhello`],
    ['a length with a fraction', `${head}content-length: 5.0\r\n\r\nhello`],
    ['a hexadecimal length', `${head}content-length: 0x5\r\n\r\nhello`],
    ['a length beyond all numbers', `${head}content-length: 9007199254740993\r\n\r\nhello`],
    ['another coding', `${head}transfer-encoding: gzip\r\n\r\n`],
    ['another coding, then chunks', `${head}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunks, twice', `${head}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a coding that is hidden', `${head}transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no UTF-8', `${head}content-length: 2\r\n\r\n\xc3\x28`],
    ['half a character', `${head}content-length: 1\r\n\r\n\xc3`],
  ])('refuses %s', (_name, text) => {
    expect(() => parseText(text)).toThrow(protocol);
  });

  it.each([
    ['no size', '\r\n'],
    ['a size that is no number', 'x\r\na\r\n'],
    ['a negative size', '-1\r\na\r\n'],
    ['a size with 0x', '0x1\r\na\r\n'],
    ['a size with space before it', ' 1\r\na\r\n'],
    ['a size with space after it', '1 \r\na\r\n'],
    ['a size beyond all numbers', 'fffffffffffffffff\r\na\r\n'],
    ['a size ended by a bare LF', '1\na\r\n'],
    ['a bare CR in an extension', '1;a\rb\r\na\r\n'],
    ['a chunk that is longer than its size', '1\r\nab\r\n'],
    ['a chunk ended by a bare LF', '1\r\na\n0\r\n\r\n'],
    ['an extension without end', `1;${'a'.repeat(10_000)}`],
    ['a trailer that is none', '0\r\na b\r\n\r\n'],
    ['a trailer with a bare LF', '0\r\na: b\nc: d\r\n\r\n'],
    ['trailers without end', `0\r\n${'a: b\r\n'.repeat(20_000)}`],
  ])('refuses chunks with %s', (_name, chunks) => {
    expect(() => parseText(`${head}transfer-encoding: chunked\r\n\r\n${chunks}`)).toThrow(protocol);
  });

  it('takes the same length twice for once', () => {
    expect(parseText(`${head}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`)?.answer.body).toBe('hello');
  });

  it('keeps a body’s U+FFFD and its byte order mark', () => {
    const body = '\uFEFF\uFFFD';
    expect(parse([bytesOf(`${head}content-length: 6\r\n\r\n`), Buffer.from(body)])?.answer.body).toBe(body);
  });

  it('refuses a head of more than 64 kB, in one piece, in many, and in many heads', () => {
    const filling = (bytes: number) => `${head}a: ${'b'.repeat(bytes - head.length - 7)}\r\n\r\n`;
    expect(parseText(filling(65_536))?.answer.status).toBe(200);
    expect(() => parseText(filling(65_537))).toThrow(protocol);
    expect(() => parse(Array.from({ length: 70 }, () => bytesOf(`HTTP/1.${'a'.repeat(1_000)}`)))).toThrow(protocol);
    expect(() => parseText('HTTP/1.1 100 Continue\r\n\r\n'.repeat(3_000))).toThrow(protocol);
  });

  it('refuses a body that is too large as soon as that is known', () => {
    expect(parseText(`${head}content-length: 5\r\n\r\nhello`, 5)?.answer.body).toBe('hello');
    expect(() => parseText(`${head}content-length: 5\r\n\r\n`, 4)).toThrow(protocol);
    expect(() => parseText(`${head}transfer-encoding: chunked\r\n\r\n4\r\nhell\r\n1\r\no`, 4)).toThrow(protocol);
    expect(() => parseText(`${head}\r\nhello`, 4)).toThrow(protocol);
  });

  it('takes a value of 60,000 spaces in no time', () => {
    const text = `${head}a: ${' '.repeat(30_000)}b${' '.repeat(30_000)}\r\ncontent-length: 0\r\n\r\n`;
    const startedMs = performance.now();
    for (let i = 0; i < 10; i += 1) expect(parseText(text)?.answer.headers.a).toBe('b');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('reads any answer that is one, split anywhere', () => {
    fc.assert(
      fc.property(anyAnswer, fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (answer, cuts) => {
        const whole = printAnswer(answer);
        const at = [0, ...cuts.filter((cut) => cut < whole.length), whole.length].sort((a, b) => a - b);
        const pieces = at
          .slice(1)
          .map((to, i) => whole.subarray(at[i], to))
          .filter(({ length }) => length > 0);
        const { status, headers, body } = answer;
        expect(parse(pieces)?.answer).toEqual({ status, headers: expect.objectContaining(headers), body });
      }),
    );
  });

  it('makes of any other bytes a failure, or waits; and the same in one piece as byte by byte', () => {
    const outcome = (pieces: readonly Buffer[]) => {
      try {
        return parse(pieces)?.answer;
      } catch (error) {
        if (error instanceof HttpFailure) return error.kind;
        // Bytes after the end are a failure in one piece; in many, they are for the connection to refuse.
        if (error instanceof Error && error.message.startsWith('it was whole')) return 'protocol';
        throw error;
      }
    };
    const changed = fc.record({
      answer: anyAnswer,
      at: fc.nat({ max: 300 }),
      remove: fc.nat({ max: 4 }),
      insert: fc.constantFrom('', '\r', '\n', '\r\n', ' ', ':', '0', '\0', ';', 'content-length: 1\r\n', '\xff'),
    });
    fc.assert(
      fc.property(changed, ({ answer, at, remove, insert }) => {
        const text = printAnswer(answer).toString('latin1');
        const whole = bytesOf(text.slice(0, at) + insert + text.slice(at + remove));
        expect(outcome(Array.from(whole, (byte) => Buffer.of(byte)))).toEqual(outcome([whole]));
      }),
    );
  });
});
