import type { Route } from '@keyward/contract/routes/route';
import type { AnswerOf, CallOptions, LooseOptions } from './call-types.ts';
import type { ManagementClient } from './management-client.ts';

type ItemOf<R extends Route> = AnswerOf<R> extends { data: readonly (infer T)[] } ? T : never;

interface ListAnswer<T> {
  data: T[];
  pagination?: { page: number; pages: number; isTotalExact?: boolean };
  nextCursor?: string | null;
}

/** Reads a list to its end, part by part, whether it is paged by number or by cursor; `false` ends it early. */
export async function forEachPage<R extends Route>(
  client: ManagementClient,
  { route, options }: { route: R; options: CallOptions<R> },
  visit: (items: ItemOf<R>[]) => unknown,
): Promise<void> {
  const { query, ...asked } = options as LooseOptions; // typed by the route
  for (let next: object | undefined = {}; next; ) {
    const part = { ...asked, query: { ...query, ...next } };
    const answer = (await client.request(route as Route, part as CallOptions<Route>)).body as ListAnswer<ItemOf<R>>; // a list's shape
    if ((await visit(answer.data)) === false) return;
    next = following(answer);
  }
}

function following({ data, pagination, nextCursor }: ListAnswer<unknown>): object | undefined {
  if (typeof nextCursor === 'string') return { cursor: nextCursor };
  if (!pagination) return undefined;
  const { page, pages, isTotalExact = true } = pagination;
  // Where counting has ended before the list has, only an empty page is its end.
  return page < pages || (!isTotalExact && data.length > 0) ? { page: page + 1 } : undefined;
}
