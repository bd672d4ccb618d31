/** The only module that uses the tokenizers, which are optional. Each is loaded at its first use, because its tables are megabytes. */
import { CodecellError } from "../core/errors.ts";
import { importClaudeTokenizer, importTiktoken } from "../core/optional-packages.ts";

/**
 * Name of a built-in tokenizer: `o200k_base` (package `tiktoken`; exact for OpenAI's models since GPT-4o) or `claude`
 * (package `@anthropic-ai/tokenizer`; exact for Claude 2, an estimate for later models).
 */
export type TokenizerName = "o200k_base" | "claude";

/** Counts the tokens of a text. Special tokens in the text are counted as plain text. */
export interface Tokenizer {
  readonly name: TokenizerName;
  /** The models for which its counts are exact, and their quality for others. */
  readonly exactFor: string;
  count(text: string): number;
}

const EXACT_FOR: Readonly<Record<TokenizerName, string>> = {
  o200k_base: "exact for OpenAI's models since GPT-4o; an estimate for others",
  claude:
    "exact for Claude 2; an estimate for later Claude models, whose tokenizer is not published",
};

export const TOKENIZER_NAMES = Object.keys(EXACT_FOR) as TokenizerName[];

const loaded = new Map<TokenizerName, Promise<Tokenizer>>();

/**
 * Returns a tokenizer by name, always the same instance.
 * @throws CodecellError `config_error` when its package is not installed
 */
export async function loadTokenizer(name: TokenizerName): Promise<Tokenizer> {
  const loading = loaded.get(name) ?? load(name);
  loaded.set(name, loading);
  return await loading;
}

async function load(name: TokenizerName): Promise<Tokenizer> {
  const { encode, prepare } = await open(name);
  return { name, exactFor: EXACT_FOR[name], count: (text) => encode(prepare(text)).length };
}

interface Opened {
  readonly encode: (text: string) => { readonly length: number };
  readonly prepare: (text: string) => string;
}

async function open(name: TokenizerName): Promise<Opened> {
  try {
    if (name === "o200k_base") {
      const { get_encoding } = await importTiktoken();
      const encoding = get_encoding(name);
      return { encode: (text) => encoding.encode(text, [], []), prepare: (text) => text };
    }
    const { getTokenizer } = await importClaudeTokenizer();
    const encoding = getTokenizer();
    // As the package's own countTokens does, without loading its tables for each text.
    return {
      encode: (text) => encoding.encode(text, [], []),
      prepare: (text) => text.normalize("NFKC"),
    };
  } catch (error) {
    const names = name === "claude" ? "@anthropic-ai/tokenizer" : "tiktoken";
    throw new CodecellError("config_error", `the tokenizer '${name}' needs the package ${names}`, {
      hint: `npm install ${names}`,
      cause: error,
    });
  }
}
