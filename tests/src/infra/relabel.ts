import type { Labels } from './manifest.ts';

/** As much of Prometheus' `relabel_config` as our files use. */
export interface RelabelConfig {
  action?: 'keep' | 'keepequal' | 'replace';
  source_labels: string[];
  regex?: string;
  target_label?: string;
}

/** The labels of a target once Prometheus has gone through `configs`; undefined: it is dropped. */
export function relabelled(target: Labels, configs: readonly RelabelConfig[]): Labels | undefined {
  let labels: Labels | undefined = target;
  for (const config of configs) labels = labels && step(labels, config);
  return labels;
}

function step(labels: Labels, config: RelabelConfig): Labels | undefined {
  const { action = 'replace', source_labels, regex = '(.*)', target_label = '' } = config;
  const value = source_labels.map((name) => labels[name] ?? '').join(';');
  const match = new RegExp(`^(?:${regex})$`).exec(value);
  switch (action) {
    case 'keep':
      return match ? labels : undefined;
    case 'keepequal':
      return value === (labels[target_label] ?? '') ? labels : undefined;
    case 'replace':
      return match ? { ...labels, [target_label]: match[1] ?? '' } : labels;
    default:
      throw new Error(`nobody here knows the action ${action satisfies never}`);
  }
}
