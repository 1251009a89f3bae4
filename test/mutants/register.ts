/**
 * Preloaded by `--import`: under `QUORATE_MUTANT` the patched files get their mutant's text as Node loads
 * them, in the main thread and in every worker thread that inherits its `execArgv`.
 */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutantOf } from './list.ts';
import { patched } from './mutant.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const mutant = mutantOf(process.env.QUORATE_MUTANT);

if (mutant !== undefined) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:') || loaded.source == null) return loaded;
      const path = fileURLToPath(url);
      if (!path.startsWith(root)) return loaded;
      const { source } = loaded;
      const text =
        typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
      const changed = patched(mutant, path.slice(root.length), text);
      return changed === null ? loaded : { ...loaded, source: changed };
    },
  });
}
