/**
 * Prints the Secrets of a new installation for `kubectl create -f -`, which refuses to replace those that are there:
 * `print-kubernetes-secrets.ts dev` for the overlay of that name, else with the stores of DATABASE_URL, REDIS_URL and EVENT_LOG_URL.
 */
import { devSecrets, kubernetesSecrets } from './kubernetes-secrets.ts';

const { DATABASE_URL, REDIS_URL, EVENT_LOG_URL } = process.env;
const isDev = process.argv[2] === 'dev';

if (!isDev && !(DATABASE_URL && REDIS_URL && EVENT_LOG_URL)) {
  process.stderr.write('Set DATABASE_URL, REDIS_URL and EVENT_LOG_URL, or say dev.\n');
  process.exitCode = 2;
} else {
  const stores = { DATABASE_URL: DATABASE_URL ?? '', REDIS_URL: REDIS_URL ?? '', EVENT_LOG_URL: EVENT_LOG_URL ?? '' };
  const items = isDev ? devSecrets() : kubernetesSecrets(stores);
  process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`);
}
