import type { ModelHandler } from "../index.ts";

/** What a call of an an agent's tool takes besides its arguments. */
export interface AgentCallOptions {
  /**
   * Aborting ends the program.
   * @default none
   */
  readonly signal?: AbortSignal;
  /**
   * Who the program runs for; local tools receive it as `context.user`.
   * @default the `user` of the tools
   */
  readonly user?: string;
  /**
   * Called with each console line and each finished call while a program runs.
   * @default the `onProgress` of the tools
   */
  readonly onProgress?: (message: string) => void;
  /**
   * Answers `ask` of the program, where the runtime has no `onModel`.
   * @default `ask` is refused
   */
  readonly onModel?: ModelHandler;
}
