/**
 * A mutant: one deliberate bug, as an exact source text and what stands in its place. It exists in tests
 * only: a loader patches a file's text as it is loaded, while `QUORATE_MUTANT` names the mutant. Each
 * `find` stands exactly once in its file, so a refactoring can't silently defuse a mutant.
 */
export type Patch = { readonly file: string; readonly find: string; readonly replace: string };

export type NamedTest = {
  readonly file: string;
  readonly title: string;
  /** Where its title stands, if its file only opens a suite that several share. */
  readonly statedIn?: string;
};

export type Mutant = {
  readonly id: number;
  readonly name: string;
  /** Invariants that it breaks. */
  readonly breaks: readonly string[];
  readonly patches: readonly Patch[];
  /** Any one of them kills it. */
  readonly tests: readonly NamedTest[];
  /** Simulator or explorer are expected to kill it as well. */
  readonly also?: readonly ('sim' | 'explorer')[];
};

export const occurrences = (text: string, find: string): number => text.split(find).length - 1;

/** The file's text under this mutant; null where the mutant leaves it alone. */
export function patched(mutant: Mutant, file: string, text: string): string | null {
  const own = mutant.patches.filter((patch) => patch.file === file);
  if (own.length === 0) return null;
  return own.reduce((changed, { find, replace }) => {
    const count = occurrences(changed, find);
    if (count !== 1) {
      throw new Error(
        `mutant ${mutant.id} (${mutant.name}) does not fit ${file} any more: its text stands there ${count} times instead of once; renew it in test/mutants`,
      );
    }
    return changed.replace(find, () => replace);
  }, text);
}
