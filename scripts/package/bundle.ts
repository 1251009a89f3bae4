/**
 * How the functions are bundled: options for esbuild in, `functions/<name>.mjs` with a source map and
 * the packaged configuration (`quorate.json`) beside it out. A bundle holds everything its function
 * needs and nothing else, so that what runs is what was tested.
 *
 * The AWS SDK is bundled, not taken from the runtime. Measured on Node 24 (process start to handler
 * ready, median of 11, `probe`): 253 ms with it in the bundle, 346 ms with it loaded file by file from
 * node_modules, as the runtime does; the archive grows from 0.4 to 0.6 MB. And what runs is the version
 * that was tested, not the one that the runtime has that day.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildOptions, Plugin, PluginBuild } from 'esbuild';
import { embedPage } from '../ui/build-page.ts';
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
    plugins: [ownMapsOnly(), clientOnly(), embedPage(), configurationBeside()],
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

/**
 * Of undici the prober uses the client of one connection. Its entry holds fetch, WebSockets, mocks and
 * caches too, which CommonJS lets nobody shake off: 280 KB, 35 ms at each cold start.
 */
function clientOnly(): Plugin {
  return {
    name: 'client-only',
    setup: ({ onResolve, onLoad }: PluginBuild) => {
      onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
        path: 'undici',
        namespace: 'client-only',
        pluginData: resolveDir,
      }));
      onLoad({ filter: /.*/, namespace: 'client-only' }, ({ pluginData }) => ({
        contents: "import Client from 'undici/lib/dispatcher/client.js';\nexport { Client };",
        resolveDir: String(pluginData),
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
