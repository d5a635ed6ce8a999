const known = [
  'schemathesis',
  'hadolint',
  'kustomize',
  'kubernetes-validate',
  'kube-score',
  'pg_dump',
  'promtool',
] as const;
export type ToolName = (typeof known)[number];

/**
 * The tools without which tests fail instead of being skipped, from `REQUIRE_TOOLS=schemathesis,promtool`.
 * @throws Error that names the entries which are no tool.
 */
export function requiredTools(env: NodeJS.ProcessEnv = process.env): string[] {
  const names = (env.REQUIRE_TOOLS ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const unknown = names.filter((name) => !known.some((tool) => tool === name));
  if (unknown.length > 0)
    throw new Error(`REQUIRE_TOOLS names no such tool: ${unknown.join(', ')}. Known: ${known.join(', ')}.`);
  return names;
}
