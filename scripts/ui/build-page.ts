/**
 * The dashboard's source in `functions/dashboard/` → the files that a browser gets. Nothing is loaded from
 * elsewhere: Preact and uPlot are in the one script. `embedPage` puts the same files into the bundle of
 * the function that serves the page.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import type { PageAsset, PageAssets } from '../../functions/dashboard/page.ts';

const FOLDER = new URL('../../functions/dashboard/', import.meta.url);
const EMBEDDED = /functions[\\/]dashboard[\\/]embedded\.ts$/;

export async function buildPage(): Promise<PageAssets> {
  const path = (name: string): string => fileURLToPath(new URL(name, FOLDER));
  const { outputFiles } = await build({
    entryPoints: { dashboard: path('main.tsx'), style: path('style.css') },
    outdir: path('built'),
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const textOf = (ending: string): string =>
    outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  return {
    '/': asset('text/html; charset=utf-8', await readFile(path('index.html'), 'utf8')),
    '/dashboard.js': asset('text/javascript; charset=utf-8', textOf('dashboard.js')),
    '/dashboard.css': asset('text/css; charset=utf-8', textOf('style.css')),
    '/dashboard.svg': asset('image/svg+xml', await readFile(path('icon.svg'), 'utf8')),
  };
}

const asset = (type: string, body: string): PageAsset => ({
  type,
  body,
  etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`,
});

/** What goes over the wire where a server compresses. */
export const gzipBytes = (assets: PageAssets): number =>
  Object.values(assets).reduce((sum, { body }) => sum + gzipSync(body, { level: 9 }).length, 0);

/** For the bundle of `functions/api.ts`: the built page takes the place of the empty one. */
export const embedPage = (): Plugin => ({
  name: 'embed-page',
  setup: ({ onLoad }) => {
    onLoad({ filter: EMBEDDED }, async () => ({
      contents: `export const PAGE = ${JSON.stringify(await buildPage())};`,
      loader: 'js',
    }));
  },
});
