/** `npm run bundle [-- <service>…]`: everything that the images hold of Keyward, in `dist/<service>`; all unless some are named. */
import { bundledServices, bundleService, isBundledService } from './bundle-service.ts';

const named = process.argv.slice(2);
const unknown = named.filter((name) => !isBundledService(name));
if (unknown.length > 0) {
  process.stderr.write(`No such service: ${unknown.join(', ')}. There are ${bundledServices.join(', ')}.\n`);
  process.exitCode = 1;
} else {
  const chosen = named.length === 0 ? bundledServices : named.filter(isBundledService);
  for (const service of chosen) process.stdout.write(`${await bundleService(service)}\n`);
}
