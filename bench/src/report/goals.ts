import type { Summary } from './summary.ts';

/** What a figure of a scenario has to keep to. */
export interface Goal {
  scenario: string;
  what: string;
  /** It may be this, and no more. */
  atMost: number;
  read: (summary: Summary) => number | undefined;
}

const ratio = { what: 'CPU to that of the echo', read: (summary: Summary) => summary.ratio };
const p50 = { what: 'p50, ms', read: (summary: Summary) => summary.p50Ms };
const p99 = { what: 'p99, ms', read: (summary: Summary) => summary.p99Ms };
const admissions = { what: 'CPU to that of an admission', read: (summary: Summary) => summary.admissions };
const resident = (process: string) => ({
  what: `RSS of the ${process}, MB`,
  read: ({ residentMb }: Summary) => residentMb[process],
});
const lostHits = ({ figures }: Summary) =>
  figures.hitRateBefore === undefined || figures.hitRateMeanwhile === undefined
    ? undefined
    : (figures.hitRateBefore - figures.hitRateMeanwhile) * 100;
const queries = ({ figures }: Summary) => {
  const { postgresBefore, postgresMeanwhile, floodPerSecond } = figures;
  if (postgresBefore === undefined || postgresMeanwhile === undefined || floodPerSecond === undefined) return undefined;
  return Math.max(0, postgresMeanwhile - postgresBefore) / floodPerSecond;
};

export const goals: readonly Goal[] = [
  { scenario: 'session-reuse', ...ratio, atMost: 3 },
  { scenario: 'session-reuse-relayed', ...ratio, atMost: 3.5 },
  { scenario: 'fresh-key', ...ratio, atMost: 5.5 },
  { scenario: 'plain-verify', ...ratio, atMost: 2.5 },
  { scenario: 'connections-1', ...p50, atMost: 1 },
  { scenario: 'connections-1', ...p99, atMost: 3 },
  { scenario: 'half-load', ...p99, atMost: 5 },
  { scenario: 'refused-unknown', ...admissions, atMost: 1.2 },
  { scenario: 'refused-forged', ...admissions, atMost: 1.2 },
  { scenario: 'refused-ip', ...admissions, atMost: 1.2 },
  { scenario: 'refused-limit', ...admissions, atMost: 1.2 },
  { scenario: 'junk-keys', ...admissions, atMost: 10 },
  { scenario: 'unknown-flood', what: 'hits of hot keys that the flood takes, %', read: lostHits, atMost: 0.1 },
  // None; but services ask Postgres now and then for other reasons.
  { scenario: 'unknown-flood', what: 'transactions in Postgres for an unknown key', read: queries, atMost: 0.02 },
  { scenario: 'clients-100000', ...resident('gateway'), atMost: 150 },
  { scenario: 'clients-100000', ...resident('validator'), atMost: 200 },
];
