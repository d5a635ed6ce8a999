/** The health check of the images: ends with 0 where the service in this container says that it is ready. */
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';

const port = process.env.PORT || '8080';
const get = process.env.TLS_CERT_FILE ? getSecure : getPlain;
// By an address that no certificate names; nobody else answers there.
const options = { host: '127.0.0.1', port, path: '/readyz', timeout: 2_000, rejectUnauthorized: false };
const asked = get(options, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
asked.once('timeout', () => process.exit(1));
asked.once('error', () => process.exit(1));
