import type { AuditRecord } from '@keyward/stores/postgres/append-audit';
import { isUuid } from '../input.ts';

interface Answered {
  body: object;
  records: readonly AuditRecord[];
}

/** The ids of all that an answer tells of: with any of them it is erased. */
export function answerSubjects({ body, records }: Answered): string[] {
  const audited = records.flatMap(({ subject, environmentId }) => [subject.id, environmentId]);
  const ids = [...audited, ...idsIn(body)].filter((id) => id !== null);
  return [...new Set(ids.filter(isUuid).map((id) => id.toLowerCase()))];
}

/** What stands in a field `id` or `…Id`, at any depth; what users write into their metadata is theirs. */
function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'metadata') return [];
    return typeof inner === 'string' && /^id$|Id$/.test(name) ? [inner] : idsIn(inner);
  });
}
