import Type from 'typebox';

/** What every service reads as a process. */
export const Process = Type.Object({
  HOST: Type.String({ default: '0.0.0.0', description: 'The address to listen on.' }),
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65535,
    description: 'The port to listen on; 0 = any free one.',
  }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'The least level that is logged.',
  }),
});
