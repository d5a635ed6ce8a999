import { cachedFolder } from './cache-folder.ts';
import { runToEnd } from './run-to-end.ts';

const installMs = 300_000;

/**
 * The folder with a package of PyPI, which pip puts into the cache once, from where the machine's own configuration of pip says.
 * @throws Error that says what pip had against it.
 */
export function pythonPackages(python: string, name: string, version: string): Promise<string> {
  return cachedFolder(`${name}-${version}`, async (folder) => {
    const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, `${name}==${version}`];
    const { code, errors } = await runToEnd(python, args, { timeoutMs: installMs });
    if (code !== 0) throw new Error(`pip could not install ${name} ${version}: ${errors.trim()}`);
  });
}
