import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface Alert {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; runbook_url: string };
}

export const alertsFile = fileURLToPath(new URL('../../../infra/observability/alerts.yaml', import.meta.url));

export function readAlerts(): Alert[] {
  const { groups } = parse(readFileSync(alertsFile, 'utf8')) as { groups: { rules: Alert[] }[] }; // promtool checks it
  return groups.flatMap(({ rules }) => rules);
}
