/**
 * A process that tries one mutant after the other on named tests: asked by message, answered by message.
 * Two of them fill two cores, since a mutant is chosen by the environment of a whole process.
 */
import { mutantOf } from './list.ts';
import type { NamedTest } from './mutant.ts';
import { type Seen, tryTests } from './vitest-lab.ts';

/** `mutant` 0: the code as it is. */
export type Question = { readonly mutant: number; readonly tests: readonly NamedTest[] };
export type Answer = { readonly seen: readonly Seen[] } | { readonly trouble: string };

const reply = (answer: Answer): void => {
  process.send?.(answer);
};

if (process.send !== undefined) {
  process.on('message', ({ mutant, tests }: Question) => {
    const byFile = new Map<string, string[]>();
    for (const { file, title } of tests) byFile.set(file, [...(byFile.get(file) ?? []), title]);
    tryTests(mutantOf(String(mutant)) ?? null, byFile).then(
      (seen) => reply({ seen }),
      (error: unknown) =>
        reply({ trouble: error instanceof Error ? error.message : String(error) }),
    );
  });
}
