import { HttpFailure } from './http-client.ts';

export interface AnswerHead {
  minorVersion: 0 | 1;
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
}

/**
 * Reads status line and fields, up to but not with the empty line; the text has no CR and no LF but in CRLFs (see find-head-end.ts).
 *
 * @throws {HttpFailure} protocol
 */
export function parseHead(text: string): AnswerHead {
  const lines = text.split('\r\n');
  const line = lines[0] ?? '';
  if (!statusLine.test(line))
    throw new HttpFailure('protocol', 'the answer does not begin with a status line of HTTP/1.0 or 1.1');
  // Without a prototype: a server may name a field `constructor`.
  const headers: Record<string, string> = Object.create(null);
  for (let i = 1; i < lines.length; i += 1) addField(headers, lines[i] ?? '');
  return { minorVersion: line[7] === '0' ? 0 : 1, status: Number(line.slice(9, 12)), headers };
}

/**
 * "No whitespace is allowed between the field name and colon", RFC 9112, 5.1: parties that read such a line differently disagree about
 * where an answer ends. Folded lines (5.2) are refused for the same reason, as Node does.
 *
 * @throws {HttpFailure} protocol
 */
export function addField(headers: Record<string, string>, line: string): void {
  if (!fieldLine.test(line)) throw new HttpFailure('protocol', 'the answer has a malformed header');
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  const value = withoutSpaceAround(line, colon + 1);
  const before = headers[name];
  headers[name] = before === undefined ? value : `${before}, ${value}`;
}

/** Spaces and tabs only, and in one pass: a pattern for the end of a value takes quadratic time on a value of spaces. */
function withoutSpaceAround(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isSpace(line.charCodeAt(start))) start += 1;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

const isSpace = (code: number) => code === 0x20 || code === 0x09;

/** The space after the code is left out by some servers whose reason is empty. */
const statusLine = /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fieldLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;
