/**
 * The packages that need not be installed. A bundler that finds their names in an `import()` wants to have them and fails where
 * one is missing. So the names stand in an object, which no bundler looks into, and the comments keep webpack and Vite from
 * warning of it. @vercel/nft does look into it, and takes along those that are installed.
 */
const NAMES = {
  ivm: "isolated-vm",
  keyvRedis: "@keyv/redis",
  pg: "pg",
  tiktoken: "tiktoken",
  claude: "@anthropic-ai/tokenizer",
};

export const importIsolatedVm = (): Promise<{ readonly default: typeof import("isolated-vm") }> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ NAMES.ivm);

export const importKeyvRedis = (): Promise<typeof import("@keyv/redis")> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ NAMES.keyvRedis);

export const importPg = (): Promise<typeof import("pg")> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ NAMES.pg);

export const importTiktoken = (): Promise<typeof import("tiktoken")> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ NAMES.tiktoken);

export const importClaudeTokenizer = (): Promise<typeof import("@anthropic-ai/tokenizer")> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ NAMES.claude);
