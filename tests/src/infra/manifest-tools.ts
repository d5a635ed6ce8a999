import { findProgram } from '../backends/find-program.ts';
import { messageOf } from '../backends/message-of.ts';
import { pythonPackages } from '../backends/python-packages.ts';
import { runProgram } from '../backends/run-program.ts';
import { type Finished, runToEnd } from '../backends/run-to-end.ts';
import { goProgram } from './go-program.ts';
import { MissingTool } from './missing-tool.ts';

/** What looks at manifests, and from where it comes. Each throws MissingTool when this machine cannot have it. */
export const manifestTools = { kustomize, 'kubernetes-validate': kubernetesValidate, 'kube-score': kubeScore } as const;

const schemas = '1.36';
const timeoutMs = 60_000;

/** The YAML of an overlay as it is applied: by kubectl where it is, else by kustomize itself. */
async function kustomize(folder: string): Promise<string> {
  const kubectl = findProgram('kubectl');
  if (kubectl) return runProgram(kubectl, ['kustomize', folder], { timeoutMs });
  const built = await goProgram({ module: 'sigs.k8s.io/kustomize/kustomize/v5', version: 'v5.8.1', name: 'kustomize' });
  return runProgram(built, ['build', folder], { timeoutMs });
}

/** Holds the YAML in `file` against Kubernetes' own schemas. */
async function kubernetesValidate(file: string): Promise<Finished> {
  const python = findProgram('python3');
  if (!python) throw new MissingTool('there is no python3');
  const packages = await pythonPackages(python, 'kubernetes-validate', '1.37.0').catch((error) => {
    throw new MissingTool(messageOf(error));
  });
  // `--target` makes programs whose first line names another folder.
  const program = 'import sys; from kubernetes_validate.__main__ import main; sys.exit(main())';
  const env = { ...process.env, PYTHONPATH: packages };
  return runToEnd(python, ['-c', program, '--strict', '-k', schemas, file], { env, timeoutMs });
}

/** Looks for what is allowed and not wise; exceptions stand in the manifests, as annotations. */
async function kubeScore(file: string): Promise<Finished> {
  const program = await goProgram({
    module: 'github.com/zegl/kube-score/cmd/kube-score',
    version: 'v1.20.0',
    name: 'kube-score',
  });
  const optional = ['container-ports-check', 'container-seccomp-profile'].flatMap((name) => [
    '--enable-optional-test',
    name,
  ]);
  return runToEnd(program, ['score', '--exit-one-on-warning', ...optional, '-o', 'ci', file], { timeoutMs });
}
