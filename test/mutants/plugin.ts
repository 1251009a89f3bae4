/**
 * The mutant that `QUORATE_MUTANT` names, in what vitest loads. The variable is read at each transform, so
 * that one vitest can try one mutant after the other.
 */
import { fileURLToPath } from 'node:url';
import { mutantOf } from './list.ts';
import { patched } from './mutant.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

type TransformPlugin = {
  readonly name: string;
  readonly enforce: 'pre';
  readonly transform: (code: string, id: string) => { readonly code: string; readonly map: null } | null;
};

export const mutantPlugin = (): TransformPlugin => ({
  name: 'quorate-mutant',
  enforce: 'pre',
  transform(code, id) {
    const mutant = mutantOf(process.env.QUORATE_MUTANT);
    const [path = ''] = id.split('?');
    if (mutant === undefined || !path.startsWith(root)) return null;
    const changed = patched(mutant, path.slice(root.length), code);
    return changed === null ? null : { code: changed, map: null };
  },
});
