import type { KeyReach, ManagedKey } from '@keyward/contract/routes/key';
import { AppError } from '@keyward/kit/app-error';
import { findKey, findKeys, type KeyFilter } from '@keyward/stores/postgres/keys';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import { type Paged, paged } from '../paging.ts';
import { keyPlace } from './key-place.ts';
import { viewKey, viewKeys } from './key-view.ts';
import { keyId, unknownKey } from './locked-key.ts';

/** As far down a list as anybody reads it page by page. */
const maxOffset = 100_000;

/** Counting ends there. */
export const maxCounted = 10_000;
/** The same where each key's name or last use has to be looked up. */
const maxLookedUp = 1_000;

/** A filter as it was asked for: times are texts. */
export type AskedFilter = Omit<KeyFilter, 'expiresBefore' | 'createdBefore' | 'unusedSince' | 'ids'> & {
  expiresBefore?: string;
  createdBefore?: string;
  unusedSince?: string;
  ids?: readonly string[];
};

interface ListOptions {
  environment: EnvironmentRow;
  reach: KeyReach;
  filter: AskedFilter;
  page: number;
  limit: number;
}

type CappedList = Paged<ManagedKey> & { pagination: { isTotalExact: boolean } };

export async function readKeys(
  administration: Administration,
  { environment, reach, filter, page, limit }: ListOptions,
): Promise<CappedList> {
  const offset = (page - 1) * limit;
  if (offset >= maxOffset)
    throw new AppError('TOO_BROAD', 'So far down, a list takes too long: narrow it, with createdBefore for one.');
  const found = await findKeys(administration.db, {
    place: keyPlace(environment),
    reach,
    filter: readFilter(filter, ''),
    now: new Date(administration.clock.nowMs()),
    limit,
    offset,
    countUpTo: filter.unusedSince === undefined && filter.name === undefined ? maxCounted : maxLookedUp,
  });
  const data = await viewKeys(administration, { environment, rows: found.rows });
  const { pagination } = paged({ data, total: found.counted, page, limit });
  return { data, pagination: { ...pagination, isTotalExact: found.isAll } };
}

/** Throws INVALID_INPUT with every fault of it, told below `path`. */
export function readFilter(asked: AskedFilter, path: string): KeyFilter {
  const check = new InputCheck();
  const timeOf = (name: 'expiresBefore' | 'createdBefore' | 'unusedSince') =>
    check.keptTime(`${path}/${name}`, asked[name]) ?? undefined;
  const times = {
    expiresBefore: timeOf('expiresBefore'),
    createdBefore: timeOf('createdBefore'),
    unusedSince: timeOf('unusedSince'),
  };
  check.done();
  return { ...asked, ...times, ids: asked.ids?.map((id) => id.toLowerCase()) };
}

export async function readKey(
  administration: Administration,
  environment: EnvironmentRow,
  id: string,
): Promise<ManagedKey> {
  const row = await findKey(administration.db, keyPlace(environment), keyId(id));
  if (!row) throw unknownKey();
  return viewKey(administration, { environment, row });
}
