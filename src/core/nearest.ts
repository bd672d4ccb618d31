const MAX_WORD = 64;
/** Candidates that are compared; servers choose how many there are. */
const MAX_CANDIDATES = 2_000;

/**
 * At most `n` candidates that resemble `word`, best first, for "did you mean"; empty when none does.
 * Case and separators are ignored; then small edits count, then one word that contains the other.
 */
export function nearest(word: string, candidates: readonly string[], n: number): string[] {
  const wanted = normalize(word);
  const scored = candidates.slice(0, MAX_CANDIDATES).map((candidate) => ({
    candidate,
    score: distance(wanted, normalize(candidate)),
  }));
  const close = scored.filter(({ score }) => score < Infinity);
  close.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return close.slice(0, n).map(({ candidate }) => candidate);
}

function normalize(name: string): string {
  return name
    .slice(0, MAX_WORD)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

function distance(wanted: string, name: string): number {
  if (wanted === name) return 0;
  const allowed = Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3));
  const edits =
    Math.abs(wanted.length - name.length) > allowed ? Infinity : editDistance(wanted, name);
  if (edits <= allowed) return edits;
  const [short, long] = wanted.length < name.length ? [wanted, name] : [name, wanted];
  return short.length >= 3 && long.includes(short)
    ? allowed + 1 + long.length - short.length
    : Infinity;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
