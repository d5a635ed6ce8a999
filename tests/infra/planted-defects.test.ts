import { allFaults } from '@keyward/tests/infra/all-faults';
import { type Overlay, readManifests, renderInstallation } from '@keyward/tests/infra/render-installation';
import { spoilt } from '@keyward/tests/infra/spoilt';
import { withTool } from '@keyward/tests/infra/with-tool';
import { expect, it } from 'vitest';

/** In the object of that kind and name, the text (its first place) is replaced; all of it by nothing: the object is gone. */
type Defect = [object: string, text: string | RegExp, by: string, fault: string];

const all = /[\s\S]*/;

// biome-ignore format: a table has a line for each
const defects: Defect[] = [
  // References
  ['ConfigMap gateway-', all, '', 'Deployment gateway names ConfigMap gateway-'],
  ['ServiceAccount validator', all, '', 'Deployment validator names ServiceAccount validator'],
  ['Deployment admin-api', 'key: master-key', 'key: main-key', 'names Secret admin-api/main-key'],
  ['Service postgres', all, '', 'StatefulSet postgres names Service postgres'],
  ['ServiceAccount ingest', 'name: ingest', 'name: gateway', 'ServiceAccount gateway is there twice'],
  ['Service gateway', 'namespace: keyward', 'namespace: default', 'is in the namespace default, which is not made'],
  ['HorizontalPodAutoscaler gateway', /(scaleTargetRef:[\s\S]*)name: gateway/, '$1name: gate', 'names Deployment gate,'],
  ['Deployment validator', /name: spool$/m, 'name: pool', 'mounts pool, which is no volume'],
  ['Deployment validator', / +- mountPath: .var.spool.keyward\n +name: spool\n/, '', 'mounts its volume spool nowhere'],

  // Services and ports
  ['Service validator', /(selector:\n.*)validator/, '$1validater', 'Service validator selects the pods of 0 workloads'],
  ['Service gateway', 'targetPort: http', 'targetPort: web', 'leads to port web, which gateway does not have'],
  ['Deployment admin-api', /(readinessProbe:[\s\S]*?)port: http/, '$1port: web', 'Deployment admin-api is probed at web'],
  ['Deployment ingest', /(selector:\n.*\n.*)ingest/, '$1ingester', 'Deployment ingest does not select its own pods'],
  ['Deployment admin-api', 'prometheus.io/port: "9090"', 'prometheus.io/port: "9100"', 'is scraped at 9100'],

  // Disruptions, growth, stopping
  ['PodDisruptionBudget ingest', /(selector:\n.*\n.*)ingest/, '$1ingester', 'ingest selects the pods of 0 workloads'],
  ['PodDisruptionBudget gateway', 'maxUnavailable: 1', 'maxUnavailable: 0', 'PodDisruptionBudget gateway lets no pod go'],
  ['PodDisruptionBudget ingest', 'maxUnavailable: 1', 'minAvailable: 1', 'PodDisruptionBudget ingest lets no pod go'],
  ['PodDisruptionBudget validator', all, '', 'Deployment validator has no PodDisruptionBudget'],
  ['HorizontalPodAutoscaler gateway', 'maxReplicas: 2', 'maxReplicas: 1', 'gateway has no room to grow'],
  ['Deployment gateway', 'revisionHistoryLimit', 'replicas: 3\n  revisionHistoryLimit', 'both say how many pods there are'],
  ['Deployment validator', 'cpu: 500m', 'example.com/cores: 1', 'measures by the request of cpu'],
  ['Deployment ingest', /replicas: 1/, 'paused: false', 'Deployment ingest does not say how many pods it has'],
  ['Deployment gateway', 'GracePeriodSeconds: 40', 'GracePeriodSeconds: 35', 'is killed before it gives up finishing'],
  ['ConfigMap ingest-', 'data:\n', 'data:\n  DRAIN_MS: "10000"\n', 'Deployment ingest is killed before it gives up finishing'],
  ['Deployment validator', 'failureThreshold: 2', 'failureThreshold: 3', 'validator stops while it is still being called'],
  ['Deployment gateway', / +lifecycle:[\s\S]*?seconds: 10\n/, '', 'Deployment gateway stops while it is still being called'],
  ['Deployment gateway', /(topologySpread[\s\S]*?part-of: )keyward/, '$1other', 'gateway is not spread over nodes and zones'],
  ['CronJob audit-verify', / +activeDeadlineSeconds.*\n/, '', 'CronJob audit-verify never runs again once it hangs'],

  // What pods may do
  ['Namespace keyward', 'enforce: restricted', 'enforce: baseline', 'takes pods that are not restricted'],
  ['ServiceAccount gateway', 'Token: false', 'Token: true', 'ServiceAccount gateway hands out its token'],
  ['Deployment gateway', 'Token: false', 'Token: true', 'Deployment gateway has the token of its account'],
  ['Deployment gateway', 'serviceAccountName: gateway', 'serviceAccountName: ingest', 'Deployment gateway shares its account'],
  ['Job migrate', 'enableServiceLinks: false', 'enableServiceLinks: true', 'has variables that name Services'],
  ['CronJob audit-verify', 'runAsNonRoot: true', 'runAsNonRoot: false', 'CronJob audit-verify may be root'],
  ['Deployment ingest', 'type: RuntimeDefault', 'type: Unconfined', 'may make any system call'],
  ['StatefulSet redis', 'Escalation: false', 'Escalation: true', 'StatefulSet redis may take privileges'],
  ['Deployment ingest', '- ALL', '- NET_RAW', 'Deployment ingest has capabilities'],
  ['Deployment validator', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'can write its root'],
  ['Job migrate', / +limits:\n.*\n.*memory.*\n/, '', 'may use up its node'],
  ['StatefulSet redis', 'redis:7', 'redis:latest', 'StatefulSet redis runs an image without a version'],
  ['Deployment gateway', /(livenessProbe:[\s\S]*?path: )\/livez/, '$1/readyz', 'gateway is not restarted by /livez'],
  ['Deployment gateway', / +readinessProbe:[\s\S]*?port: http\n.*\n.*\n/, '', 'gateway is called before it is ready'],
  ['Deployment gateway', 'readOnly: true', 'subPath: keyring.json', 'has a mount that is never renewed'],
  ['Namespace keyward', all, '$&\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: token\n  namespace: keyward\n', 'Secret token stands'],

  // Releases
  ['Job migrate', 'name: migrate-0', 'name: migrate-1', 'is not named for the release'],
  ['Job migrate', / {2}ttlSeconds.*\n/, '', 'is never removed'],
  ['Deployment gateway', /(keyward\/gateway:).*/, '$10.0.9', 'are run beside each other'],
  ['Job migrate', 'step: prepare', 'step: later', 'to prepare: there are no migrations'],
  ['StatefulSet postgres', 'step: prepare', 'step: later', 'to prepare: the migrations do not reach the database'],
  ['NetworkPolicy to-postgres', 'step: prepare', 'step: later', 'to prepare: the migrations do not reach the database'],
  ['ServiceAccount migrate', 'step: prepare', 'step: later', 'to prepare: Job migrate'],
  ['Deployment ingest', / {4}app.kubernetes.io\/part-of.*\n/, '$&    step: prepare\n', 'ingest starts before the migrations'],

  // Variables
  ['ConfigMap gateway-', 'VALIDATOR_URL', 'VALIDATER_URL', 'gateway: VALIDATER_URL is no variable of gateway'],
  ['ConfigMap gateway-', / {2}ADMIN_API_URL.*\n/, '', 'gateway: The configuration is not valid: ADMIN_API_URL'],
  ['ConfigMap ingest-', 'data:\n', 'data:\n  PEPPER_FILE: /run/secrets/keyward/pepper\n', 'ingest: PEPPER_FILE is no variable'],
  ['ConfigMap admin-api-', 'keyward/master-key', 'keyward/main-key', 'admin-api: MASTER_KEY_FILE names /run/secrets/keyward/main'],
  ['ConfigMap admin-api-', 'METRICS_PORT: "9090"', 'METRICS_PORT: metrics', 'METRICS_PORT'],
  ['ConfigMap validator-', 'PEPPER_FILE: /run/secrets/keyward/pepper', `PEPPER: ${'p'.repeat(40)}`, 'validator: PEPPER is a secret'],
  ['ConfigMap validator-', '/var/spool/keyward', '/tmp/spool', 'EVENT_SPOOL_DIR is /tmp/spool, which is not mounted'],
  ['ConfigMap gateway-', / {2}METRICS_PORT.*\n/, '', 'gateway is scraped at 9090, and shows no metrics there'],
  ['ConfigMap admin-api-', 'METRICS_PORT: "9090"', 'METRICS_PORT: "9091"', 'admin-api is scraped at 9090, and shows no metrics there'],
  ['ConfigMap ingest-', 'data:\n', 'data:\n  PORT: "8081"\n', 'ingest is scraped at 8080, and shows no metrics there'],
  ['Deployment gateway', /prometheus.io.port.*\n/, 'prometheus.io/path: /metrics\n', 'gateway is not scraped'],
  ['Job migrate', '- migrate\n', '- migrat\n', 'runs a program that nobody knows'],

  // Who reaches whom
  ['NetworkPolicy deny-all', all, '', 'another namespace → audit-verify:1 is let in, and nothing needs it'],
  ['NetworkPolicy names', 'protocol: UDP', 'protocol: SCTP', 'gateway → DNS over UDP is needed, and not let out'],
  ['NetworkPolicy names', /ports:[\s\S]*?to:/, 'to:', 'gateway → DNS:443 is let out'],
  ['NetworkPolicy names', / {6}podSelector:\n.*\n.*\n/, '', 'gateway → kube-system:53 is let out'],
  ['ConfigMap gateway-', 'http://validator:8080', 'http://validator:8081', 'gateway names validator:8081, which is nowhere'],
  ['ConfigMap gateway-', 'http://validator:8080', 'http://ingest:8080', 'gateway → ingest:8080 is needed, and not let out'],
  ['NetworkPolicy gateway', /(egress:[\s\S]*?name: )validator/, '$1ingest', 'gateway → validator:8080 is needed, and not let out'],
  ['NetworkPolicy validator', /(podSelector:\n.*\n.*: )gateway/, '$1ingest', 'gateway → validator:8080 is needed, and not let in'],
  ['NetworkPolicy to-redis', '- validator', '- validator\n      - gateway', 'gateway → redis:6379 is let out, and nothing needs it'],
  ['NetworkPolicy to-postgres', '- ingest', '- validator', 'ingest → postgres:5432 is needed, and not let out'],
  ['NetworkPolicy kafka', 'port: kafka', 'port: 9093', 'validator → kafka:9092 is needed, and not let in'],
  ['NetworkPolicy redis', / {2}- from:[\s\S]*?ports:/, '  - ports:', 'anybody → redis:6379 is let in'],
  ['NetworkPolicy gateway', 'keyward-access: ingress', 'keyward-access: metrics', 'the ingress controller → gateway:8080 is needed'],
  ['NetworkPolicy ingest', 'keyward-access: metrics', 'keyward-access: scrapers', 'Prometheus → ingest:8080 is needed'],
  ['NetworkPolicy admin-api', /- 10.0.0.0.*\n/, '- 10.0.0.0/9\n', 'admin-api → 10.255.255.255:443 is let out'],
  ['NetworkPolicy admin-api', /cidr: 2000.*/, 'cidr: ::/0', 'admin-api → fd00:ec2::254:443 is let out'],
  ['NetworkPolicy admin-api', 'cidr: 0.0.0.0/0', 'cidr: 1.0.0.0/8', 'admin-api → 8.8.8.8:443 is needed, and not let out'],
];

// biome-ignore format: a table has a line for each
const ofProduction: Defect[] = [
  ['Ingress keyward', 'name: gateway', 'name: gate', 'Ingress keyward names Service gate,'],
  ['Ingress keyward', /name: http/, 'name: web', 'Ingress keyward leads to port web'],
  ['Ingress keyward', / +- keyward.example.com\n/, '', 'Ingress keyward has no certificate for keyward.example.com'],
  ['NetworkPolicy to-kafka', '10.20.3.0/24', '10.20.3.12/32', 'ingest → 10.20.3.11:9092 is needed, and not let out'],
  ['NetworkPolicy to-redis', 'port: 6379', 'port: 6380', 'validator → 10.20.1.10:6379 is needed, and not let out'],
  ['NetworkPolicy to-redis', 'cidr: 10.20.1.0/24', 'cidr: 10.0.0.0/8', 'validator → 10.0.0.1'],
  ['ConfigMap admin-api-', 'PUBLIC_URL: https', 'PUBLIC_URL: ftp', 'admin-api: The configuration is not valid: PUBLIC_URL'],
  ['ConfigMap admin-api-', 'PUBLIC_URL: https://keyward', 'PUBLIC_URL: https://other', 'PUBLIC_URL is not where the Ingress is'],
  ['ConfigMap admin-api-', / {2}TRUSTED_PROXIES.*\n/, '', 'TRUSTED_PROXIES does not name the Ingress'],
];

const rendered: Partial<Record<Overlay, ReturnType<typeof renderInstallation>>> = {};

it.for([
  ...defects.map((defect) => [defect[3], 'dev', defect] as const),
  ...ofProduction.map((defect) => [defect[3], 'production', defect] as const),
])('%s', { timeout: 900_000 }, async ([fault, overlay, [object, text, by]], context) => {
  rendered[overlay] ??= withTool('kustomize', context, () => renderInstallation(overlay));
  const installation = await rendered[overlay];
  const manifests = readManifests(spoilt(installation.yaml, { object, text, by }));
  expect(allFaults({ ...installation, manifests }).join('\n')).toContain(fault);
});
