import { freePort } from '@keyward/tests/backends/free-port';
import type { Images } from './images.ts';

/** A gateway and the validator that it asks. */
export interface HotPath extends AsyncDisposable {
  /** The gateway's. */
  url: string;
  /** Where the validator shows its metrics. */
  validatorUrl: string;
  pids: { gateway: number; validator: number };
  /** How long each took until it was ready, ms. */
  readyMs: { gateway: number; validator: number };
}

interface Settings {
  validator: Record<string, string>;
  gateway: Record<string, string>;
}

/** Everything is on one machine at its limit, so that Redis may wait for a core far longer than in a deployment. */
const patience = { STORE_TIMEOUT_MS: '1000' };

export function hotPathStarter(images: Images, settings: Settings): () => Promise<HotPath> {
  return async () => {
    await using starting = new AsyncDisposableStack();
    const startedMs = performance.now();
    const validator = starting.use(await images.start('validator', { ...settings.validator, ...patience }));
    const validatorMs = performance.now() - startedMs;
    const METRICS_PORT = String(await freePort());
    const gateway = starting.use(
      await images.start('gateway', { ...settings.gateway, VALIDATOR_URL: validator.url, METRICS_PORT }),
    );
    const gatewayMs = performance.now() - startedMs - validatorMs;
    const running = starting.move();
    return {
      url: gateway.url,
      validatorUrl: validator.url,
      pids: { gateway: gateway.process.pid, validator: validator.process.pid },
      readyMs: { gateway: gatewayMs, validator: validatorMs },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  };
}
