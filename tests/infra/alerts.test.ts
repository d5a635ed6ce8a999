import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requiredTools } from '@keyward/tests/backends/required-tools';
import { runToEnd } from '@keyward/tests/backends/run-to-end';
import { type AlertCase, alertCases } from '@keyward/tests/infra/alert-cases';
import { type Alert, alertsFile, readAlerts } from '@keyward/tests/infra/alerts';
import { findPromtool } from '@keyward/tests/infra/promtool';
import { beforeAll, describe, expect, it } from 'vitest';

const alerts = readAlerts();
const runbooks = readFileSync(fileURLToPath(new URL('../../docs/runbooks.md', import.meta.url)), 'utf8');
const fetchMs = 300_000;

describe('the alerts', () => {
  let promtool: Awaited<ReturnType<typeof findPromtool>>;
  beforeAll(async () => {
    promtool = await findPromtool();
  }, fetchMs);

  it('have a runbook each, and each runbook has its alert', () => {
    const headings = [...runbooks.matchAll(/^## (Keyward\w+)$/gm)].map(([, name]) => name);
    expect(headings.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
    for (const { alert, labels, annotations } of alerts) {
      expect(annotations.runbook_url).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
      expect(annotations.summary).toMatch(/^[A-Z].*\.$/);
      expect(['critical', 'warning']).toContain(labels.severity);
    }
  });

  it('are each told by their runbook: what it means, how to look, what to do', () => {
    for (const text of runbooks.split(/^## /m).slice(1)) {
      const words = ['**For callers**', '**Look**', '**Do**'];
      if (text.startsWith('Keyward'))
        expect(
          words.filter((word) => !text.includes(word)),
          text,
        ).toEqual([]);
    }
  });

  it('are tried each, by figures that make them fire and by others that do not', async ({ skip }) => {
    expect(new Set(alertCases.map(({ alert }) => alert))).toEqual(new Set(alerts.map(({ alert }) => alert)));
    if (typeof promtool === 'string') {
      if (requiredTools().includes('promtool')) throw new Error(`promtool is required: ${promtool}`);
      return skip(`there is no promtool: ${promtool}`);
    }
    const folder = await mkdtemp(join(tmpdir(), 'keyward-alerts-'));
    try {
      const file = join(folder, 'tests.json');
      await writeFile(file, JSON.stringify(promtoolTests())); // JSON is YAML
      for (const args of [
        ['check', 'rules', alertsFile],
        ['check', 'config', fileURLToPath(new URL('../../infra/observability/prometheus.yml', import.meta.url))],
        ['test', 'rules', file],
      ]) {
        const { code, output, errors } = await runToEnd(promtool.path, args, { timeoutMs: 60_000 });
        expect(code, `${output}${errors}`).toBe(0);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function promtoolTests() {
  const byName = new Map(alerts.map((alert) => [alert.alert, alert]));
  return {
    rule_files: [alertsFile],
    evaluation_interval: '1m',
    tests: alertCases.flatMap((each) => {
      const alert = byName.get(each.alert);
      return alert ? [testOf(each, alert, 'fires'), testOf(each, alert, 'silent')] : [];
    }),
  };
}

function testOf(each: AlertCase, { labels, annotations }: Alert, way: 'fires' | 'silent') {
  const firing = [{ exp_labels: { ...labels, ...each.labels }, exp_annotations: annotations }];
  return {
    interval: '1m',
    input_series: Object.entries(each[way]).map(([series, values]) => ({ series, values })),
    alert_rule_test: [{ eval_time: '30m', alertname: each.alert, exp_alerts: way === 'fires' ? firing : [] }],
  };
}
