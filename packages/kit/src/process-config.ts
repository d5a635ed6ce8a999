import Type from 'typebox';
import { TracingConfig } from './tracing-config.ts';

/** What every service reads as a process. */
export const Process = Type.Object({
  HOST: Type.String({ default: '0.0.0.0', description: 'The address to listen on.' }),
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65535,
    description: 'The port to listen on; 0 = any free one.',
  }),
  TLS_CERT_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'The certificate of this service, PEM with those that lead to its authority: its port then speaks TLS. Read again when it changes, as the two below.',
    }),
  ),
  TLS_KEY_FILE: Type.Optional(Type.String({ minLength: 1, description: 'The private key of that certificate, PEM.' })),
  TLS_CLIENT_CA_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'The authority of the certificates of this installation’s services, PEM: the service token then counts only on connections that show one. Probes and browsers need none.',
    }),
  ),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'The least level that is logged.',
  }),
  DRAIN_MS: Type.Integer({
    default: 5_000,
    minimum: 0,
    maximum: 60_000,
    description:
      'How long it goes on serving once it is told to stop (SIGTERM), while `/readyz` says 503 and answers end their connections: as long as it takes until nobody is sent here any more. Then it has 20 s to finish what it is at.',
  }),
  ...TracingConfig.properties,
});
