/** The sum of a metric of a service over the labels that have these values; 0 where it shows none. */
export async function readMetric(url: string, name: string, labels: Record<string, string> = {}): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const lines = page.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  const chosen = lines.filter((line) => wanted.every((label) => line.includes(label)));
  return chosen.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
