import fc from 'fast-check';

export interface AnyAnswer {
  interim: number;
  minorVersion: 0 | 1;
  status: number;
  reason: string;
  headers: Record<string, string>;
  body: string;
  framing: 'length' | 'chunks' | 'close';
  chunkBytes: number;
  extension: string;
  trailers: Record<string, string>;
}

const visible = (extra: string) =>
  fc.string({ unit: fc.constantFrom(...`abcXYZ019-_.~!#$%&'*+^|${extra}`), maxLength: 12 });
// With a prefix, so that none is a name of HTTP's own, or of an object's.
const fields = fc.dictionary(
  visible('').map((name) => `x-${name.toLowerCase()}`),
  visible('"(),/:;<=>?@[]{} ').map((value) => value.trim()),
  {
    maxKeys: 6,
    noNullPrototype: true,
  },
);

/** Answers as a server may print them. */
export const anyAnswer: fc.Arbitrary<AnyAnswer> = fc
  .record({
    interim: fc.nat({ max: 2 }),
    minorVersion: fc.constantFrom<0 | 1>(0, 1),
    status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
    reason: visible(' '),
    headers: fields,
    body: fc.string({ unit: 'grapheme', maxLength: 60 }),
    framing: fc.constantFrom<AnyAnswer['framing']>('length', 'chunks', 'close'),
    chunkBytes: fc.integer({ min: 1, max: 40 }),
    extension: fc.constantFrom('', ';a', ' ; a="b c"'),
    trailers: fields,
  })
  .map((answer) => (answer.framing === 'chunks' ? { ...answer, minorVersion: 1 } : answer));

export function printAnswer({ interim, minorVersion, status, reason, headers, framing, ...rest }: AnyAnswer): Buffer {
  const body = Buffer.from(rest.body);
  const own = { length: `content-length: ${body.length}\r\n`, chunks: 'transfer-encoding: chunked\r\n', close: '' };
  const head = `HTTP/1.${minorVersion} ${status} ${reason}\r\n${printFields(headers)}${own[framing]}\r\n`;
  const before = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(interim);
  return Buffer.concat([Buffer.from(before + head), framing === 'chunks' ? printChunks(body, rest) : body]);
}

type ChunkStyle = Pick<AnyAnswer, 'chunkBytes' | 'extension' | 'trailers'>;

function printChunks(body: Buffer, { chunkBytes, extension, trailers }: ChunkStyle): Buffer {
  const pieces: Buffer[] = [];
  for (let i = 0; i < body.length; i += chunkBytes) {
    const chunk = body.subarray(i, i + chunkBytes);
    pieces.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from(`0${extension}\r\n${printFields(trailers)}\r\n`)]);
}

function printFields(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
