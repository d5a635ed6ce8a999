import Type from 'typebox';
import { Secret } from './secret.ts';

/** `SERVICE_TOKEN` of each service. */
export const serviceToken = Secret(
  Type.String({
    pattern: '^\\S{16,}( \\S{16,})*$',
    description:
      'Proof that a call is of a service of this installation, the same in all of them. While it is changed, two with a space between them: the first is shown, both are taken.',
  }),
);
