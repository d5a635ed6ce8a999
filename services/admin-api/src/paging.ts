export interface Paged<T> {
  data: T[];
  pagination: { total: number; page: number; limit: number; pages: number };
}

export function paged<T>({
  data,
  total,
  page,
  limit,
}: {
  data: T[];
  total: number;
  page: number;
  limit: number;
}): Paged<T> {
  return { data, pagination: { total, page, limit, pages: Math.ceil(total / limit) } };
}
