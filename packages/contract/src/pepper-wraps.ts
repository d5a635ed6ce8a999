import Type from 'typebox';
import { Secret } from './secret.ts';

/** `PEPPER_WRAPS` of each service that digests keys. */
export const pepperWraps = Secret(
  Type.String({
    pattern: '^\\S{32,}( \\S{32,})*$',
    description:
      'Peppers that were put around PEPPER since, oldest first, with a space between them; `keyward pepper wrap` adds the last. The same in admin-api and validator.',
  }),
);
