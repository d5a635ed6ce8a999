import { isSecret } from '@keyward/contract/secret';
import { configurationFaults } from './configuration-faults.ts';
import { type Installation, mountedAt, variablesOf } from './installation.ts';
import { type Container, type Workload, workloadsOf } from './manifest.ts';
import { type Program, programs } from './programs.ts';

interface VariableChecks {
  installation: Installation;
  /** A file of this machine that holds what `secret` has under `key`. */
  fileOf(secret: string, key: string): string;
}

/** What is wrong with the variables of our own containers, as the programs in them would tell, and as we keep secrets. */
export function variableFaults({ installation, fileOf }: VariableChecks): string[] {
  return workloadsOf(installation.manifests).flatMap((workload) =>
    workload.pod.containers.flatMap((container) => {
      if (!/(^|\/)keyward\//.test(container.image)) return [];
      const program = programOf(workload, container);
      if (!program) return [`${workload.name} runs a program that nobody knows`];
      const fileAt = (path: string) => {
        const mounted = mountedAt(path, workload.pod, container);
        return mounted && fileOf(mounted.secret, mounted.key);
      };
      const environment = variablesOf(container, installation);
      const faults = [
        ...configurationFaults({ program, environment, fileAt }),
        ...openSecrets(program, container, installation),
        ...unwritable(environment, container),
      ];
      return faults.map((fault) => `${workload.name}: ${fault}`);
    }),
  );
}

function programOf({ service }: Workload, { command, args = [] }: Container): Program | undefined {
  const name = command === undefined ? service : [...command, ...args].join(' ');
  return (Object.keys(programs) as Program[]).find((each) => each === name); // the keys of that very object
}

/** Without a name or password in it, a URL tells nothing. */
const plainUrl = /^[\w+]+:\/\/[^@]*$/;

/** A secret comes by file or by reference; what stands in a ConfigMap or a Deployment can be read by many. */
function openSecrets(program: Program, container: Container, { manifests }: Installation): string[] {
  const open = variablesOf(container, { manifests, secrets: {}, hosts: {} });
  return programs[program].flatMap(({ properties }) =>
    Object.entries(properties)
      .filter(([name, schema]) => isSecret(schema) && open[name] !== undefined && !plainUrl.test(open[name]))
      .map(([name]) => `${name} is a secret, and stands in the manifests`),
  );
}

/** Folders that a program writes, where its root is read-only. */
function unwritable(environment: Readonly<Record<string, string>>, { volumeMounts = [] }: Container): string[] {
  return Object.entries(environment)
    .filter(
      ([name, path]) =>
        name.endsWith('_DIR') && !volumeMounts.some((mount) => mount.mountPath === path && !mount.readOnly),
    )
    .map(([name, path]) => `${name} is ${path}, which is not mounted to be written`);
}
