/** The health check of the images: ends with 0 where the service in this container says that it is ready. */
import { get } from 'node:http';

const port = process.env.PORT || '8080';
const asked = get({ host: '127.0.0.1', port, path: '/readyz', timeout: 2_000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
asked.once('timeout', () => process.exit(1));
asked.once('error', () => process.exit(1));
