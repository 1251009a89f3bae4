/**
 * How the functions are bundled: options for esbuild in, `functions/<name>.mjs` with a source map and
 * the packaged configuration (`quorate.json`) beside it out. A bundle holds everything its function
 * needs and nothing else, so that what runs is what was tested.
 *
 * The AWS SDK is bundled, not taken from the runtime: SDK_BUNDLED says why.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildOptions, Plugin, PluginBuild } from 'esbuild';
import { packagedText } from './packaged-config.ts';

/** At the root of every function's archive; `readPackagedConfig` in shared/wire.ts reads it. */
export const PACKAGED_FILE = 'quorate.json';

/**
 * An empty source map. Lines of packages are none of ours to mend, and their maps are nine tenths of
 * all; Node reads a bundle's whole map at start, so they would also be paid for at each cold start.
 */
const NO_MAP =
  '\n//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbIiJdLCJtYXBwaW5ncyI6IkFBQUEifQ==';

/** CommonJS packages inside an ES module still call `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

export type EsbuildPlugins = { readonly plugins: Plugin[] };

/** What serverless-esbuild passes on to esbuild, and its own few keys. */
export function bundleOptions(): BuildOptions & { readonly outputFileExtension: string } {
  return {
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outputFileExtension: '.mjs',
    // ES modules first: only they can be shaken.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    minify: true,
    sourcemap: true,
    // A stack trace needs names and lines; the text of the sources is in the repository.
    sourcesContent: false,
    logLevel: 'error',
    plugins: [ownMapsOnly(), configurationBeside()],
  };
}

function ownMapsOnly(): Plugin {
  return {
    name: 'own-maps-only',
    setup: ({ onLoad }: PluginBuild) => {
      onLoad({ filter: /node_modules.*\.[cm]?js$/ }, ({ path }) => ({
        contents: `${readFileSync(path, 'utf8')}${NO_MAP}`,
        loader: 'default',
      }));
    },
  };
}

/** Bundles lie in `<build>/functions`, and a function's root is `<build>`. */
function configurationBeside(): Plugin {
  return {
    name: 'configuration-beside',
    setup: ({ initialOptions, onStart }: PluginBuild) => {
      const { outdir } = initialOptions;
      if (outdir === undefined) return;
      onStart(() => {
        const root = dirname(outdir);
        mkdirSync(root, { recursive: true });
        writeFileSync(join(root, PACKAGED_FILE), packagedText());
      });
    },
  };
}
