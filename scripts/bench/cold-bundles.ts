/**
 * What the cold-start bench loads: each function bundled by the very options that serverless.yml uses,
 * once more with the AWS SDK left outside, beside an empty handler and one that only makes the same SDK
 * clients. Out: files in a folder of its own, their sizes, and which packages weigh how much.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { FUNCTIONS, type FunctionId } from '../names.ts';
import { bundleOptions, PACKAGED_FILE } from '../package/bundle.ts';

export type BundleSize = {
  /** The code alone. */
  readonly bytes: number;
  readonly sourceMapBytes: number;
  /** Everything in the function's archive. */
  readonly zippedBytes: number;
};

export type Weight = { readonly package: string; readonly bytes: number };

export type ColdBundle = {
  readonly name: string;
  readonly of: FunctionId | null;
  readonly kind: 'empty' | 'sdk-only' | 'bundled' | 'sdk-outside';
  /** LAMBDA_TASK_ROOT. */
  readonly root: string;
  readonly entry: string;
  readonly size: BundleSize;
  readonly weights: readonly Weight[];
};

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const SDK = ['@aws-sdk/*', '@smithy/*'];
const WEIGHTS_MAX = 8;
/** Of an archive: a local header and a directory entry per file, and the end. */
const ZIP_OVERHEAD_BYTES = 150;

type Recipe = Pick<ColdBundle, 'name' | 'of' | 'kind'> & {
  readonly source: { readonly file: string } | { readonly text: string };
  readonly external?: readonly string[];
};

/** `folder` lies inside the repository, so that what is left outside is found in node_modules. */
export async function coldBundles(folder: string): Promise<readonly ColdBundle[]> {
  const made: ColdBundle[] = [];
  const bundle = async (recipe: Recipe): Promise<ColdBundle> => {
    const one = await makeBundle(recipe, join(folder, recipe.name));
    made.push(one);
    return one;
  };
  await bundle({
    name: 'empty',
    of: null,
    kind: 'empty',
    source: { text: 'export const handler = async () => ({});' },
  });
  for (const id of FUNCTIONS) {
    const source = { file: join(REPOSITORY, 'functions', `${id}.ts`) };
    const own = await bundle({ name: id, of: id, kind: 'bundled', source });
    await bundle({ name: `${id}-sdk-outside`, of: id, kind: 'sdk-outside', source, external: SDK });
    const text = clientsOnly(sdkClientsIn(join(own.root, 'functions', 'meta.json')));
    await bundle({ name: `${id}-sdk-only`, of: id, kind: 'sdk-only', source: { text } });
  }
  return made;
}

async function makeBundle(
  { source, external, ...what }: Recipe,
  root: string,
): Promise<ColdBundle> {
  const outdir = join(root, 'functions');
  mkdirSync(outdir, { recursive: true });
  const { outputFileExtension, ...options } = bundleOptions();
  const { metafile } = await build({
    ...options,
    ...('file' in source
      ? { entryPoints: { handler: source.file } }
      : { stdin: { contents: source.text, resolveDir: REPOSITORY, sourcefile: 'handler.ts' } }),
    ...('text' in source ? { entryNames: 'handler' } : {}),
    ...(external === undefined ? {} : { external: [...external] }),
    outdir,
    outExtension: { '.js': outputFileExtension },
    metafile: true,
  });
  const entry = join(outdir, `handler${outputFileExtension}`);
  writeFileSync(join(outdir, 'meta.json'), JSON.stringify(metafile));
  const files = [entry, `${entry}.map`, join(root, PACKAGED_FILE)].map((path) =>
    readFileSync(path),
  );
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
  return {
    ...what,
    root,
    entry,
    size: {
      bytes: files[0]?.length ?? 0,
      sourceMapBytes: files[1]?.length ?? 0,
      zippedBytes: files.reduce(
        (sum, file) => sum + deflateRawSync(file, { level: 9 }).length + ZIP_OVERHEAD_BYTES,
        0,
      ),
    },
    weights: weightsOf(output?.inputs ?? {}),
  };
}

function weightsOf(
  inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>,
): readonly Weight[] {
  const weights = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name = packageOf(path);
    weights.set(name, (weights.get(name) ?? 0) + bytesInOutput);
  }
  return [...weights]
    .map(([name, bytes]) => ({ package: name, bytes }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, WEIGHTS_MAX);
}

const packageOf = (path: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ??
  `quorate/${dirname(path).split('/')[0]}`;

function sdkClientsIn(meta: string): readonly string[] {
  const { inputs } = JSON.parse(readFileSync(meta, 'utf8')) as {
    readonly inputs: Readonly<Record<string, unknown>>;
  };
  const names = Object.keys(inputs).map(packageOf);
  return [...new Set(names.filter((name) => name.startsWith('@aws-sdk/client-')))].sort();
}

const CLASSES: Readonly<Record<string, string>> = {
  'client-dynamodb': 'DynamoDBClient',
  'client-route-53': 'Route53Client',
  'client-ssm': 'SSMClient',
  'client-sns': 'SNSClient',
  'client-sts': 'STSClient',
  'client-lambda': 'LambdaClient',
};

/** Makes them as INIT does; nothing is asked of them. */
function clientsOnly(packages: readonly string[]): string {
  const known = packages.flatMap((name) => {
    const made = CLASSES[name.replace('@aws-sdk/', '')];
    return made === undefined ? [] : [{ name, made }];
  });
  return [
    ...known.map(({ name, made }) => `import { ${made} } from '${name}';`),
    `const clients = [${known.map(({ made }) => `new ${made}({ region: 'eu-west-1' })`).join(', ')}];`,
    'export const handler = async () => ({ clients: clients.length });',
  ].join('\n');
}
