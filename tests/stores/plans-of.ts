import type { Database, OpenDatabase } from '@keyward/stores/postgres/database';

/** A node of a plan, as `EXPLAIN (FORMAT JSON)` has it. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

/** How Postgres would answer one statement: what it reads whole, and by which indexes. */
export interface Plan {
  statement: string;
  readWhole: string[];
  indexes: string[];
}

/** The plans of all statements that `read` runs, with the values that it gives them. */
export async function plansOf(
  { db, sessions }: OpenDatabase,
  read: (db: Database) => Promise<unknown>,
): Promise<Plan[]> {
  const statements: { sql: string; parameters: readonly unknown[] }[] = [];
  const watched = db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      statements.push(db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await read(watched);
  return sessions.transaction(async (session) => {
    const plans: Plan[] = [];
    for (const { sql, parameters } of statements) {
      const explain = `explain (format json) ${sql}`;
      const [answer] = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explain, parameters);
      const nodes = answer ? nodesOf(answer['QUERY PLAN'][0].Plan) : [];
      plans.push({
        statement: sql,
        readWhole: nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? ''),
        indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
      });
    }
    return plans;
  });
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
