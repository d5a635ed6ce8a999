import { readFileSync } from 'node:fs';
import { webhookEventTypes, webhookPayload } from '@keyward/contract/webhook-event';
import { compileValidator } from '@keyward/kit/validation';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^### (\S+)$[\s\S]*?```json\n([\s\S]*?)```/gm)].map(([, type = '', text = '']) => ({
  type,
  payload: JSON.parse(text),
}));

describe('the page about webhooks', () => {
  it('shows each event once', () => {
    expect(examples.map(({ type }) => type)).toEqual(webhookEventTypes);
  });

  it.each(webhookEventTypes)('shows %s as it is sent', (type) => {
    const example = examples.find((each) => each.type === type);
    expect(compileValidator(webhookPayload(type)).faults(example?.payload)).toEqual([]);
  });
});
