/** What a workspace package needs to be built and tested is nothing to whoever installs it. */
export const hooks = {
  beforePacking: ({ devDependencies: _, scripts: __, ...manifest }) => manifest,
};
