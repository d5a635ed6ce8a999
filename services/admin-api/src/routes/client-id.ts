import { unknownClient } from '../clients/change-client.ts';
import { isUuid } from '../input.ts';

/** What is no UUID is no client of anybody's. */
export function clientId(text: string): string {
  if (!isUuid(text)) throw unknownClient();
  return text.toLowerCase();
}
