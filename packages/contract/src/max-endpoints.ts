import Type from 'typebox';

/** `MAX_ENDPOINTS` of each service that adds endpoints to an environment. */
export const maxEndpoints = Type.Integer({
  minimum: 1,
  default: 1_000,
  description: 'How many endpoints an environment may hold; the same in admin-api and ingest.',
});
