import { DecisionRequest } from '@keyward/contract/decisions';
import { ValidateBody } from '@keyward/contract/routes/validate';
import { VerifyBody } from '@keyward/contract/routes/verify';
import { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import { usableKeys } from '@keyward/envelope/keyring';
import type { SessionKeys } from '@keyward/envelope/v2/derive';
import { defineService } from '@keyward/kit/service';
import { shownToken } from '@keyward/kit/service-token';
import { AdminApi } from './admin-api.ts';
import { GatewayConfig, originsOf, upstreamTls } from './config.ts';
import { DecisionClient } from './decision-client.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { guardEdge } from './http-edge.ts';
import { KeyringFile } from './keyring-file.ts';
import { takeBodiesAsBytes } from './read-body.ts';
import { encryptionKeysRoute } from './routes/encryption-keys.ts';
import { forwardingRoutes } from './routes/management.ts';
import { otherMethodsRoutes } from './routes/other-methods.ts';
import { sealAnswers } from './routes/seal-answer.ts';
import { validateRoute } from './routes/validate.ts';
import { verifyRoute } from './routes/verify.ts';

/** The public door: opens envelopes, asks for a verdict, forwards management calls. It keeps nothing. */
export const gateway = defineService({
  name: 'gateway',
  config: GatewayConfig,
  tracesRequests: true,
  schemas: [ValidateBody, VerifyBody, DecisionRequest],
  bodyLimitBytes: 1_048_576,
  // An end user can pad a path; whoever is answered 431 here takes it for an outage and, fail-open, lets it through.
  maxHeaderBytes: 65_536,
  metricsPort: (config) => config.METRICS_PORT,
  connect: async ({ config, logger, clock, tracing, own, metrics: registry }) => {
    const serviceToken = shownToken(config.SERVICE_TOKEN);
    const tls = upstreamTls(config)?.tellTo(logger);
    const metrics = new GatewayMetrics(registry);
    const keyring = own.use(await KeyringFile.open({ path: config.KEYRING_FILE, logger }));
    const [adminOrigin = ''] = originsOf(config.ADMIN_API_URL);
    const adminApi = own.use(
      new AdminApi({
        origin: adminOrigin,
        timeoutMs: config.ADMIN_TIMEOUT_MS,
        tls,
        noteFailure: () => metrics.noteFailure('admin-api'),
      }),
    );
    const decisions = own.use(
      new DecisionClient({
        origins: originsOf(config.VALIDATOR_URL),
        serviceToken,
        deadlineMs: config.DECISION_TIMEOUT_MS,
        clock,
        logger,
        tls,
        noteFailure: () => metrics.noteFailure('validator'),
        tracing,
      }),
    );
    return {
      keyring,
      metrics,
      adminApi,
      decisions,
      clock,
      derivedKeys: {
        v1: new DerivedKeyCache<Buffer>({ maxEntries: config.DERIVED_KEYS }),
        v2: new DerivedKeyCache<SessionKeys>({ maxEntries: config.DERIVED_KEYS }),
      },
    };
  },
  routes: (app, dependencies, { config }) => {
    // A logger per request is a twentieth of the hot path; what is logged names its request anyway.
    app.setChildLoggerFactory((logger) => logger);
    guardEdge(app);
    takeBodiesAsBytes(app);
    sealAnswers(app, dependencies);
    encryptionKeysRoute(app, dependencies);
    validateRoute(app, { ...dependencies, bodyLimit: config.VALIDATE_BODY_BYTES });
    verifyRoute(app, { ...dependencies, bodyLimit: config.VALIDATE_BODY_BYTES });
    otherMethodsRoutes(app);
    forwardingRoutes(app, {
      ...dependencies,
      serviceToken: shownToken(config.SERVICE_TOKEN),
      bodyLimit: config.MANAGEMENT_BODY_BYTES,
    });
  },
  ready: async ({ keyring, decisions, clock }) =>
    usableKeys(keyring.current, clock.nowMs()).length > 0 && (await decisions.isReady()),
});
