import Type from 'typebox';

/** An e-mail address as far as a pattern can tell; letter case does not matter. */
export const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@]{1,64}@[^\\s@]{1,250}$',
  description: 'An e-mail address.',
});
