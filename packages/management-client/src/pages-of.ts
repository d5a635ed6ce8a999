interface ListAnswer<T> {
  data: T[];
  pagination?: { page: number; pages: number; isTotalExact?: boolean } | undefined;
  nextCursor?: string | null | undefined;
}

/** A list to its end, part by part, whether it is paged by number or by cursor; `read` is told what to ask for beside the rest. */
export async function* pagesOf<T>(
  read: (next: { page?: number; cursor?: string }) => Promise<ListAnswer<T>>,
): AsyncGenerator<T[]> {
  for (let next: object | undefined = {}; next; ) {
    const answer: ListAnswer<T> = await read(next);
    yield answer.data;
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
