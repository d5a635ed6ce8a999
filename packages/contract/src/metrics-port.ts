import Type from 'typebox';

/** Of services that people from outside reach. */
export const metricsPort = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 65_535,
    description:
      'The port of `/metrics`, for nobody from outside: the other one is open to them. Without it metrics are not shown.',
  }),
);
