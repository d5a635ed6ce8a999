import type { TSchema } from 'typebox';
import { etagOf } from '../changes/etag.ts';

interface Reply {
  header(name: string, value: string): unknown;
}

/** Answers a resource with the entity tag that `If-Match` may name. */
export function withEtag<T extends object>(reply: Reply, schema: TSchema, resource: T): T {
  reply.header('etag', etagOf(schema, resource));
  return resource;
}
