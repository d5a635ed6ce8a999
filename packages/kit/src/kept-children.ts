/** The parts of a metric by the values of their labels. Each is kept: looking it up in prom-client costs more than the rest of counting. */
export function keptChildren<Child>(metric: { labels(...values: string[]): Child }): (...values: string[]) => Child {
  const children = new Map<string, Child>();
  return (...values) => {
    const name = values.join(' ');
    const child = children.get(name) ?? metric.labels(...values);
    children.set(name, child);
    return child;
  };
}
