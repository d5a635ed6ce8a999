/** As much of Kubernetes' objects as the checks read; whether they are right as a whole is for Kubernetes' own schemas to say. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels; annotations?: Labels };
  data?: Record<string, string>;
  automountServiceAccountToken?: boolean;
  spec?: Spec;
}

export type Labels = Record<string, string>;

interface Spec {
  // Deployment, StatefulSet, Job, CronJob
  replicas?: number;
  serviceName?: string;
  template?: PodTemplate;
  concurrencyPolicy?: string;
  jobTemplate?: { spec: { template: PodTemplate; activeDeadlineSeconds?: number } };
  volumeClaimTemplates?: { metadata: { name: string } }[];
  ttlSecondsAfterFinished?: number;
  // Service and policies
  selector?: LabelSelector & Labels;
  ports?: { name?: string; port: number; targetPort?: number | string }[];
  // HorizontalPodAutoscaler
  scaleTargetRef?: { kind: string; name: string };
  minReplicas?: number;
  maxReplicas?: number;
  metrics?: { resource: { name: string; target: { averageUtilization: number } } }[];
  // PodDisruptionBudget
  maxUnavailable?: number | string;
  minAvailable?: number | string;
  // NetworkPolicy
  podSelector?: LabelSelector;
  policyTypes?: ('Ingress' | 'Egress')[];
  ingress?: { from?: Peer[]; ports?: PolicyPort[] }[];
  egress?: { to?: Peer[]; ports?: PolicyPort[] }[];
  // Ingress
  tls?: { secretName: string; hosts: string[] }[];
  rules?: { host: string; http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[];
}

export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: string[] };
}

export interface PolicyPort {
  protocol: string;
  port: number | string;
  endPort?: number;
}

export interface PodTemplate {
  metadata: { labels: Labels; annotations?: Labels };
  spec: PodSpec;
}

export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  terminationGracePeriodSeconds?: number;
  restartPolicy?: string;
  hostNetwork?: boolean;
  securityContext?: SecurityContext;
  topologySpreadConstraints?: { labelSelector: LabelSelector }[];
  containers: Container[];
  volumes?: Volume[];
}

interface SecurityContext {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  readOnlyRootFilesystem?: boolean;
  allowPrivilegeEscalation?: boolean;
  privileged?: boolean;
  capabilities?: { drop?: string[]; add?: string[] };
  seccompProfile?: { type: string };
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: EnvironmentVariable[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: SecurityContext;
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
}

interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string; optional?: boolean } };
}

interface Probe {
  httpGet?: { path: string; port: number | string; scheme?: 'HTTP' | 'HTTPS' };
  tcpSocket?: { port: number | string };
  exec?: { command: string[] };
  periodSeconds?: number;
  failureThreshold?: number;
  timeoutSeconds?: number;
}

export interface Volume {
  name: string;
  emptyDir?: { sizeLimit?: string };
  persistentVolumeClaim?: { claimName: string };
  secret?: { secretName: string; items: { key: string; path: string }[] };
}

/** What runs pods. */
export interface Workload {
  kind: string;
  name: string;
  /** As `app.kubernetes.io/name` says. */
  service: string;
  labels: Labels;
  annotations: Labels;
  pod: PodSpec;
  manifest: Manifest;
}

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    const template = manifest.spec?.jobTemplate?.spec.template ?? manifest.spec?.template;
    if (!template) return [];
    const { labels = {}, annotations = {} } = template.metadata;
    const service = labels['app.kubernetes.io/name'] ?? '';
    return [
      { kind: manifest.kind, name: manifest.metadata.name, service, labels, annotations, pod: template.spec, manifest },
    ];
  });
}

export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

export function isSelected(selector: LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  if (Object.entries(matchLabels).some(([key, value]) => labels[key] !== value)) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    if (operator !== 'In') throw new Error(`the checks do not know the operator ${operator}`);
    return values.includes(labels[key] ?? '');
  });
}
