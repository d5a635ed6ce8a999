/** What packing begins with. Only pnpm puts `publishConfig` in its place: what npm packs leads to sources that are not in it. */
const { npm_config_user_agent: packer = '' } = process.env;
if (packer.startsWith('pnpm/')) await import('./build.ts');
else {
  process.stderr.write('This package is packed and published by pnpm: CONTRIBUTING.md, "Publishing the SDK".\n');
  process.exitCode = 1;
}
