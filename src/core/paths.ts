/** The segments of a normalized POSIX path: `./data/../a//b` → a, b. A relative path starts at the root. */
export function stepsOf(path: string): string[] {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  return steps;
}
