interface ListAnswer<T> {
  data: T[];
  pagination?: { page: number; pages: number; limit: number; isTotalExact?: boolean } | undefined;
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
  if (!pagination || data.length === 0) return undefined;
  const { page, pages, limit, isTotalExact = false } = pagination;
  // Counting may have ended before the list has: unless it is said that it has not, only a page that is not full is the last.
  return page < pages || (!isTotalExact && data.length >= limit) ? { page: page + 1 } : undefined;
}
