/**
 * The mutant that `QUORATE_MUTANT` names, in what vitest loads. The variable is read at each transform, so
 * that one vitest can try one mutant after the other.
 */
import { fileURLToPath } from 'node:url';
import { mutantOf } from './list.ts';
import { type Mutant, patched } from './mutant.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

type MutantPlugin = {
  readonly name: string;
  readonly enforce: 'pre';
  readonly transform: (
    code: string,
    id: string,
  ) => { readonly code: string; readonly map: null } | null;
  readonly configureVitest: (context: {
    readonly defineCacheKeyGenerator: (
      key: (file: { readonly id: string }) => false | undefined,
    ) => void;
  }) => void;
};

export const isMutating = process.env.QUORATE_MUTANT !== undefined;

export function mutantPlugin(): MutantPlugin {
  const fileOf = (id: string): string | null => {
    const [path = ''] = id.split('?');
    return path.startsWith(root) ? path.slice(root.length) : null;
  };
  const mutant = (): Mutant | undefined => mutantOf(process.env.QUORATE_MUTANT);
  return {
    name: 'quorate-mutant',
    enforce: 'pre',
    transform(code, id) {
      const own = mutant();
      const file = fileOf(id);
      const changed = own === undefined || file === null ? null : patched(own, file, code);
      return changed === null ? null : { code: changed, map: null };
    },
    // Vitest keeps what it has transformed by the text on disk, which a mutant does not change.
    configureVitest({ defineCacheKeyGenerator }) {
      defineCacheKeyGenerator(({ id }) =>
        mutant()?.patches.some(({ file }) => file === fileOf(id)) ? false : undefined,
      );
    },
  };
}
