/** What keeps codecell out of a bundle, one line for each bundler; docs/bundlers.md says the same. */
export const LEAVE_OUT =
  'Leave codecell out of the bundle, by serverExternalPackages: ["codecell"] (Next), ssr: { external: ["codecell"] } (Vite), ' +
  'external: ["codecell"] (esbuild) or external: [/^codecell/] (Rollup), and install it where the app runs.';
