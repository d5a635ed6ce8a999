/**
 * The path of a request's target, without its query. Frameworks find their routes without an origin, too: RFC 9112 §3.2.2, "a server
 * MUST accept the absolute-form in requests".
 */
export function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^[a-z][\w.+-]*:\/\/[^/?]*/i, '') || '/';
  const end = path.indexOf('?');
  return end < 0 ? path : path.slice(0, end) || '/';
}
