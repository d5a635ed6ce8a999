/** Every metric that a PromQL expression names, with the labels that it selects or groups by. */
export function metricsIn(expression: string): string[] {
  const bare = expression.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\b(?:by|without)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/\b(?:keyward|process|nodejs)_[a-z_]+|\bup\b/g)].map(([name]) => name);
}

/** The names of the labels that it selects or groups by. */
export function labelsIn(expression: string): string[] {
  const selected = [...expression.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, name = '']) => name);
  const grouped = [...expression.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names.split(','),
  );
  return [...selected, ...grouped.map((name) => name.trim())];
}
