/** The sections of a report about tokens. */
import type { Section } from "../present/presentation.ts";
import type { TokenResults } from "./results.ts";
import { breakEvenSection } from "./sections-break-even.ts";
import { catalogueSection } from "./sections-catalogue.ts";
import { failureSection, modelSection, partsSection } from "./sections-parts.ts";
import { totalsSection } from "./sections-totals.ts";

/** The sections about catalogues, workloads, break-even, parts, failed attempts, the model if there was one, and the method. */
export function tokenSections(results: TokenResults): Section[] {
  const { workloads, models } = results;
  return [
    catalogueSection(results),
    ...(workloads.length === 0
      ? []
      : [
          totalsSection(results),
          breakEvenSection(results),
          partsSection(results),
          failureSection(results),
        ]),
    ...(models.length === 0 ? [] : [modelSection(results)]),
    methodSection(results),
  ];
}

function methodSection({ notes, problems, tokenizers, versions }: TokenResults): Section {
  const counted = tokenizers.map(({ name, exactFor }) => `Tokenizer ${name}: ${exactFor}.`);
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const text = [
    ...notes,
    ...counted,
    `Versions: ${parts.join(", ")}.`,
    ...problems.map((problem) => `Not measured: ${problem}`),
  ];
  return { id: "tokens-method", title: "How tokens were counted", text, charts: [], tables: [] };
}
