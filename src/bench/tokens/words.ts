/** Wording of the token results. */
import { formatFigure } from "../present/figures.ts";
import type { Bill, TokenResults, Way, WorkloadResult } from "./results.ts";

export const WAY_TITLES: Readonly<Record<Way, string>> = {
  direct: "direct, all definitions",
  search: "direct, host's search",
  code: "code execution",
};

export const BILL_TITLES: Readonly<Record<Bill, string>> = {
  everyTurn: "billed every turn",
  once: "cached once",
};

export const NOTHING = "–";

export function tokensText(tokens: number | undefined | null): string {
  return tokens === undefined || tokens === null ? NOTHING : formatFigure(tokens);
}

/** Worlds that share their tables. */
export interface WorldGroup {
  readonly title: string;
  readonly worlds: readonly string[];
  /** Whether it is one world without a group. */
  readonly isSingle: boolean;
}

/** Groups the worlds in which something was measured. */
export function worldGroups({ catalogues, workloads }: TokenResults): WorldGroup[] {
  const measured = catalogues.filter(({ world }) => workloads.some((one) => one.world === world));
  const single = measured.filter(({ group }) => group === undefined);
  const groups = Map.groupBy(
    measured.filter(({ group }) => group !== undefined),
    ({ group }) => group!,
  );
  return [
    ...single.map(({ world, title, tools }) => ({
      title: `${title}, ${tools} tools`,
      worlds: [world],
      isSingle: true,
    })),
    ...[...groups].map(([title, members]) => ({
      title,
      worlds: members.map(({ world }) => world),
      isSingle: false,
    })),
  ];
}

export function workloadsOf(
  workloads: readonly WorkloadResult[],
  { worlds }: WorldGroup,
): WorkloadResult[] {
  return workloads.filter(({ world }) => worlds.includes(world));
}
