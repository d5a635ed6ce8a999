import type { Route } from '@keyward/contract/routes/route';
import type { AnswerOf, CallOptions } from './call-types.ts';
import type { LooseOptions } from './loose-options.ts';
import type { ManagementClient } from './management-client.ts';
import { pagesOf } from './pages-of.ts';

type ItemOf<R extends Route> = AnswerOf<R> extends { data: readonly (infer T)[] } ? T : never;

/** Reads a list to its end, part by part, whether it is paged by number or by cursor; `false` ends it early. */
export async function forEachPage<R extends Route>(
  client: ManagementClient,
  { route, options }: { route: R; options: CallOptions<R> },
  visit: (items: ItemOf<R>[]) => unknown,
): Promise<void> {
  const { query, ...asked } = options as LooseOptions; // typed by the route
  const pages = pagesOf<ItemOf<R>>(async (next) => {
    const part = { ...asked, query: { ...query, ...next } };
    return (await client.request(route as Route, part as CallOptions<Route>)).body as { data: ItemOf<R>[] }; // a list's shape
  });
  for await (const items of pages) if ((await visit(items)) === false) return;
}
