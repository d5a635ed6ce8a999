import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readAlerts } from '@keyward/tests/infra/alerts';
import { labelsIn, metricsIn } from '@keyward/tests/infra/promql-names';
import { shownMetrics } from '@keyward/tests/metrics-page';
import { describe, expect, it } from 'vitest';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { expr: string }[];
}

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const dashboard: { panels: Panel[]; templating: { list: { name: string }[] } } = JSON.parse(
  read('infra/observability/grafana/dashboards/keyward.json'),
);
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = [
  ...readAlerts().map(({ alert, expr }) => ({ at: alert, expr })),
  ...charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ at: title, expr }))),
];

/** The labels of each series that Prometheus may hold of us, with those that it adds itself. */
const series = new Map<string, Set<string>>([['up', new Set(['job', 'instance'])]]);
for (const { metrics } of shownMetrics())
  for (const { name, type, labels } of metrics) {
    const all = ['job', 'instance', ...labels];
    if (type !== 'histogram') series.set(name, new Set(all));
    else for (const part of ['bucket', 'count', 'sum']) series.set(`${name}_${part}`, new Set([...all, 'le']));
  }

describe('what the alerts and the dashboard ask Prometheus for', () => {
  it('is shown by the services, by name and label', () => {
    const faults = expressions.flatMap(({ at, expr }) => {
      const names = metricsIn(expr);
      if (names.length === 0) return [`${at}: no metric in ${expr}`];
      const labels = new Set(names.flatMap((name) => [...(series.get(name) ?? [])]));
      return [
        ...names.filter((name) => !series.has(name)).map((name) => `${at}: no metric ${name}`),
        ...labelsIn(expr)
          .filter((label) => !labels.has(label))
          .map((label) => `${at}: no label ${label}`),
      ];
    });
    expect(expressions.length).toBeGreaterThan(60);
    expect(faults).toEqual([]);
  });

  it('is all that the services show, but for what only explains', () => {
    const asked = new Set(
      expressions.flatMap(({ expr }) => metricsIn(expr)).map((name) => name.replace(/_(?:bucket|count|sum)$/, '')),
    );
    const unasked = shownMetrics()
      .flatMap(({ metrics }) => metrics.map(({ name }) => name))
      .filter((name) => !asked.has(name));
    expect(unasked).toEqual(['keyward_relay_batches_total']);
  });

  it('is named as it is in the runbooks, too', () => {
    const named = metricsIn(read('docs/runbooks.md')).filter((name) => name !== 'up');
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !series.has(name) && !series.has(`${name}_count`))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('asks the source that its variable names, in panels that do not lie on each other', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'job']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's way of naming a variable
    expect(charts.filter(({ datasource }) => datasource?.uid !== '${datasource}')).toEqual([]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });
});
