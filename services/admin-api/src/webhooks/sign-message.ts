import { createHmac } from 'node:crypto';

interface Message {
  id: string;
  /** Unix seconds, of the attempt. */
  timestamp: number;
  body: string;
}

/**
 * The value of `webhook-signature`: a signature with each secret, "space delimited" (Standard Webhooks, "Webhook headers"). "The content
 * to be signed is therefore: `{msg_id}.{timestamp}.{payload}`."
 */
export function signMessage({ id, timestamp, body }: Message, secrets: readonly Buffer[]): string {
  const content = `${id}.${timestamp}.${body}`;
  return secrets.map((secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`).join(' ');
}
