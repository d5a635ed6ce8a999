import { managementRoutes } from '@keyward/contract/management-routes';
import { readPepper } from '@keyward/keyformat/pepper';
import { outboundCall } from '@keyward/kit/outbound-call';
import { outboundRules } from '@keyward/kit/outbound-rules';
import { SecretBox } from '@keyward/kit/secret-box';
import { defineService } from '@keyward/kit/service';
import { refuseForeignServices } from '@keyward/kit/service-token';
import { openOutboxAccounts, openProjectionStore } from '@keyward/stores/open-shards';
import type { OutboxAccounts } from '@keyward/stores/ports/outbox-accounts';
import { isDatabaseAway, pingDatabase } from '@keyward/stores/postgres/availability';
import { openDatabase } from '@keyward/stores/postgres/database';
import { accountPolicy } from './accounts/account-policy.ts';
import { startForgetting } from './accounts/forget-ended.ts';
import { lastUses, startWritingLastUses } from './accounts/last-uses.ts';
import type { Administration } from './administration.ts';
import { startForgettingAnswers } from './changes/forget-answers-loop.ts';
import { AdminApiConfig } from './config.ts';
import { startRotationLoop } from './keys/rotation-loop.ts';
import { requireCurrentMasterKey } from './master-key-state.ts';
import { oidcIssuer } from './oidc/oidc-issuer.ts';
import { requireCurrentPepper } from './pepper-state.ts';
import { Projector } from './projection/projector.ts';
import { startRepairLoop } from './projection/repair-loop.ts';
import { startEmptyingLoop } from './projects/emptying-loop.ts';
import { startRegistrationLoop } from './registration/registration-loop.ts';
import { startCollectingBuried } from './reports/collect-buried.ts';
import { showBacklogs } from './reports/show-backlogs.ts';
import { ConservationFindings, watchConservation } from './reports/watch-conservation.ts';
import { accountKeyRoutes } from './routes/account-keys.ts';
import { auditRoutes } from './routes/audit.ts';
import { clientRoutes } from './routes/clients.ts';
import { conservationRoutes } from './routes/conservation.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { indexRoute } from './routes/index-page.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { keyImportRoutes } from './routes/key-imports.ts';
import { keyRoutes } from './routes/keys.ts';
import { logRoutes } from './routes/logs.ts';
import { memberRoutes } from './routes/members.ts';
import { organizationRoutes } from './routes/organizations.ts';
import { productRoutes } from './routes/products.ts';
import { projectRoutes } from './routes/projects.ts';
import { referenceRoutes } from './routes/reference.ts';
import { requestKeyRoutes } from './routes/request-keys.ts';
import { rotationRoutes } from './routes/rotations.ts';
import { serverKeyRoutes } from './routes/server-keys.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { settingsRoutes } from './routes/settings.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { signingSecretRoutes } from './routes/signing-secrets.ts';
import { templateRoutes } from './routes/templates.ts';
import { usageRoutes } from './routes/usage.ts';
import { userRoutes } from './routes/users.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { startDeliveryLoop } from './webhooks/delivery-loop.ts';
import { startTellers } from './webhooks/teller-loops.ts';

const rotationsEveryMs = 10_000;

/** The management API on Postgres, and the projection of what it holds into the shards. */
export const adminApi = defineService({
  name: 'admin-api',
  config: AdminApiConfig,
  schemas: managementRoutes.map(({ schema }) => schema),
  bodyLimitBytes: 1024 * 1024,
  // More than the gateway takes, by what it adds: what is too long is then told by whoever is called.
  maxHeaderBytes: 73_728,
  storesInput: true,
  ownsItsUrls: true,
  tracesRequests: true,
  serviceToken: (config) => config.SERVICE_TOKEN,
  metricsPort: (config) => config.METRICS_PORT,
  isAway: isDatabaseAway,

  async connect({ config, own, logger, clock, metrics }): Promise<Administration & { accounts: OutboxAccounts }> {
    const outbound = outboundRules({
      allowedHosts: config.OUTBOUND_ALLOWED_HOSTS,
      allowedRanges: config.OUTBOUND_ALLOWED_RANGES,
    });
    const { db } = own.use(await openDatabase(config.DATABASE_URL, { logger }));
    const pepper = readPepper(config.PEPPER, config.PEPPER_WRAPS);
    await requireCurrentPepper(db, pepper);
    const boxes = { master: new SecretBox(config.MASTER_KEY), projection: new SecretBox(config.PROJECTION_KEY) };
    await requireCurrentMasterKey(db, boxes.master);
    showBacklogs(metrics, { db, clock });
    const minReplicas = config.REDIS_MIN_REPLICAS;
    const store = own.use(await openProjectionStore(config.REDIS_URL, { minReplicas, logger }));
    const accounts = own.use(await openOutboxAccounts(config.REDIS_URL, { logger }));
    const policy = accountPolicy(config);
    return {
      db,
      accounts,
      projector: new Projector({ db, store, boxes, clock, logger }),
      pepper,
      secrets: boxes.master,
      clock,
      outbound,
      policy,
      issuer: oidcIssuer(config, outboundCall({ rules: outbound })),
      uses: lastUses(db, policy),
      maxEndpoints: config.MAX_ENDPOINTS,
      operatorOrganization: config.OPERATOR_ORGANIZATION,
      organizationCreation: config.ORGANIZATION_CREATION,
    };
  },
  routes(app, administration, { config }) {
    app.addHook('onRequest', refuseForeignServices(config.SERVICE_TOKEN));
    indexRoute(app);
    referenceRoutes(app);
    clientRoutes(app, administration, config.SERVICE_TOKEN);
    keyRoutes(app, administration);
    keyImportRoutes(app, administration);
    rotationRoutes(app, administration);
    erasureRoutes(app, administration);
    organizationRoutes(app, administration);
    projectRoutes(app, administration);
    productRoutes(app, administration);
    endpointRoutes(app, administration);
    serverKeyRoutes(app, administration);
    requestKeyRoutes(app, administration);
    signingSecretRoutes(app, administration);
    settingsRoutes(app, administration);
    templateRoutes(app, administration);
    accountKeyRoutes(app, administration);
    sessionRoutes(app, administration);
    userRoutes(app, administration);
    signInRoutes(app, administration);
    memberRoutes(app, administration);
    invitationRoutes(app, administration);
    logRoutes(app, administration);
    usageRoutes(app, administration);
    deadLetterRoutes(app, administration);
    webhookRoutes(app, administration);
    conservationRoutes(app, administration, administration.accounts);
    auditRoutes(app, administration);
  },
  background(administration, { config, logger, metrics }) {
    const { db, projector, clock, policy, uses, accounts } = administration;
    const running = new AsyncDisposableStack();
    running.use(startRepairLoop({ projector, logger, clock }));
    running.use(startRegistrationLoop({ administration, logger, maxPerClient: config.MAX_SIGNED_KEYS_PER_CLIENT }));
    running.use(startWritingLastUses({ uses: Object.values(uses), clock, logger }));
    running.use(startForgetting({ db, policy, clock, logger }));
    running.use(startEmptyingLoop({ administration, logger }));
    running.use(startRotationLoop({ administration, logger, everyMs: rotationsEveryMs }));
    running.use(startCollectingBuried({ db, accounts, clock, logger }));
    running.use(startForgettingAnswers({ db, clock, logger }));
    if (config.METRICS_PORT !== undefined) {
      const findings = new ConservationFindings(metrics, clock);
      running.use(watchConservation({ db, accounts, findings, clock, logger }));
    }
    const call = outboundCall({ rules: administration.outbound });
    running.use(
      startDeliveryLoop({ administration, call, logger, disableAfterDays: config.WEBHOOK_DISABLE_AFTER_DAYS }),
    );
    const noticeDays = config.EXPIRY_NOTICE_DAYS.split(',').map(Number);
    running.use(startTellers({ administration, logger, retentionDays: config.WEBHOOK_RETENTION_DAYS, noticeDays }));
    return running;
  },
  ready: ({ db }) => pingDatabase(db),
});
