import type { Stats } from '@keyward/contract/fields';
import type { Totals } from '@keyward/stores/postgres/usage';
import type { Static } from 'typebox';

/** What ingest has counted, as the API shows it. */
export function viewStats(totals: Totals | undefined): Static<typeof Stats> {
  const { success, error, durationUs } = totals ?? { success: 0, error: 0, durationUs: 0 };
  const total = success + error;
  return { total, success, error, avgDurationMs: total === 0 ? 0 : Math.round(durationUs / total) / 1_000 };
}
