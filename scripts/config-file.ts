/**
 * `quorate.yml` with the files it includes → a configuration, or one `CONFIG_INVALID` that lists every
 * mistake on a line of its own. Here the YAML is read, so here it is known which line a path is on; what
 * the data means is the core's business.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { classifyAddress, isInside } from '../shared/adapters/addresses.ts';
import { sha256 } from '../shared/adapters/digest.ts';
import { compilePattern } from '../shared/adapters/patterns.ts';
import {
  type ConfigProblem,
  type LineOf,
  parseConfig,
  problemText,
} from '../shared/core/config.ts';
import { INCLUDED_KEYS } from '../shared/core/config-schema.ts';
import { QuorateError } from '../shared/core/errors.ts';
import type { Aids, Config, EpochMs } from '../shared/core/model.ts';

export type LoadRequest = {
  /** Of the file itself; else `QUORATE_CONFIG`, else by stage, else `quorate.yml`. */
  readonly path?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stage?: string;
  readonly allowLoopback?: boolean;
  readonly packagedAt: EpochMs;
  /** Where relative paths begin. */
  readonly folder?: string;
};
export type LoadedConfig = {
  readonly config: Config;
  readonly warnings: readonly ConfigProblem[];
  /** What the YAML held, included files merged in: what is packaged with the functions. */
  readonly data: unknown;
  /** Where a path of `data` is written. */
  readonly lineOf: LineOf;
  /** The file and what it includes, in reading order: what a packager must watch. */
  readonly files: readonly string[];
};

export const aids: Aids = { digestOf: sha256, classifyAddress, isInside, compilePattern };

/** A configuration of 1,000 services is a tenth of this. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const INCLUDED_FILES_MAX = 200;
/** Anchors save typing; a thousand uses of them are an attack. */
const ALIASES_MAX = 100;
const STAGE = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;

type Step = string | number;
type Read = {
  readonly file: string;
  readonly data: unknown;
  readonly lineOf: (path: readonly Step[]) => number | undefined;
  readonly problems: readonly ConfigProblem[];
};

/** A stage has a file of its own and reads nothing else. */
export function configPath(request: Pick<LoadRequest, 'path' | 'env' | 'stage'>): string {
  if (request.path !== undefined) return request.path;
  if (request.stage !== undefined) {
    if (STAGE.test(request.stage)) return `quorate.${request.stage}.yml`;
    throw invalid([
      `--stage ${JSON.stringify(request.stage)}: is not a stage; write letters and digits`,
    ]);
  }
  return request.env.QUORATE_CONFIG || 'quorate.yml';
}

export function loadConfig(request: LoadRequest): LoadedConfig {
  const folder = request.folder ?? '.';
  const path = resolve(folder, configPath(request));
  const main = readYaml(path, relative(folder, path) || path);
  const base = dirname(path);
  const included = includedFiles(base, main.data).map((file) =>
    readYaml(file, relative(folder, file)),
  );
  const merged = mergeServices(main, included);
  const parsed = parseConfig(merged.data, merged.lineOf, aids, {
    allowLoopback: request.allowLoopback ?? false,
    packagedAt: request.packagedAt,
  });
  const own = [main, ...included].flatMap(({ problems }) => problems);
  const problems = [...own, ...merged.problems, ...('problems' in parsed ? parsed.problems : [])];
  if (problems.length > 0 || !('config' in parsed)) throw invalid(problems.map(problemText));
  return {
    ...parsed,
    data: merged.data,
    lineOf: merged.lineOf,
    files: [path, ...included.map(({ file }) => resolve(folder, file))],
  };
}

function invalid(lines: readonly string[], cause?: unknown): QuorateError {
  return new QuorateError('CONFIG_INVALID', lines.join('\n'), { cause });
}

function readYaml(path: string, file: string): Read {
  const text = readText(path, file);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: true,
    prettyErrors: false,
  });
  const syntax = document.errors.map((error) => ({
    file,
    line: lines.linePos(error.pos[0]).line,
    path: '',
    value: '',
    message: plainMessage(error.code, error.message),
    remedy:
      error.code === 'DUPLICATE_KEY' ? 'write each key once' : 'check the indentation and quotes',
  }));
  const lineOf = (steps: readonly Step[]): number | undefined => {
    const offset = offsetOf(document.contents, steps);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  const { data, problem } = toData(document, file);
  return { file, data, lineOf, problems: [...syntax, ...problem] };
}

function readText(path: string, file: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) {
      throw invalid([`${file}: is larger than ${FILE_BYTES_MAX} bytes; split it with include`]);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof QuorateError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const what =
      code === 'ENOENT'
        ? 'does not exist; make it with `quorate new` or `quorate import NAME`, or name another with QUORATE_CONFIG'
        : `cannot be read (${String(code)}); check its path and permissions`;
    throw invalid([`${file}: ${what}`], error);
  }
}

/** Too many aliases throw only when the data is made. */
function toData(
  document: ReturnType<typeof parseDocument>,
  file: string,
): { readonly data: unknown; readonly problem: readonly ConfigProblem[] } {
  try {
    return { data: document.toJS({ maxAliasCount: ALIASES_MAX }), problem: [] };
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const remedy = 'write out what the anchors stand for';
    return { data: {}, problem: [{ file, line: 1, path: '', value: '', message, remedy }] };
  }
}

const plainMessage = (code: string, message: string): string =>
  code === 'DUPLICATE_KEY'
    ? 'the same key stands here twice'
    : `is not YAML: ${message.replaceAll('\n', ' ').replaceAll(';', ',')}`;

/** Where the key of the last step stands, or the item; merge keys and aliases have no line of their own. */
function offsetOf(root: Node | null, steps: readonly Step[]): number | undefined {
  let node: unknown = root;
  let offset: number | undefined = root?.range?.[0];
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(step),
      );
      if (!isPair(pair)) return undefined;
      offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (!isNode(node)) return undefined;
      offset = node.range?.[0] ?? offset;
    } else return undefined;
  }
  return offset;
}

/** `include` is judged by the core; here only what can be followed is followed. */
function includedFiles(base: string, data: unknown): readonly string[] {
  const include = isRecord(data) ? data.include : undefined;
  const patterns = (Array.isArray(include) ? include : [include]).filter(
    (pattern): pattern is string =>
      typeof pattern === 'string' && !pattern.startsWith('/') && !pattern.split('/').includes('..'),
  );
  const files = patterns.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: base }).sort();
    if (found.length === 0) {
      throw invalid([`include ${JSON.stringify(pattern)}: matches no file; correct or remove it`]);
    }
    return found;
  });
  if (files.length > INCLUDED_FILES_MAX) {
    throw invalid([
      `include: matches ${files.length} files, more than ${INCLUDED_FILES_MAX}; write fewer`,
    ]);
  }
  return [...new Set(files)].map((file) => join(base, file));
}

type Merged = {
  readonly data: unknown;
  readonly lineOf: LineOf;
  readonly problems: readonly ConfigProblem[];
};

/** One service stands in one file: a second entry would hide the first. */
function mergeServices(main: Read, included: readonly Read[]): Merged {
  const problems = included.flatMap(foreignKeys);
  const owners = new Map<string, Read>();
  const services = new Map<string, unknown>();
  for (const read of [main, ...included]) {
    for (const [name, service] of Object.entries(servicesOf(read))) {
      const owner = owners.get(name);
      if (owner !== undefined) problems.push(second(read, owner, name));
      else {
        owners.set(name, read);
        services.set(name, service);
      }
    }
  }
  const lineOf: LineOf = (path) => {
    const [section, name] = path;
    const read = (section === 'services' && owners.get(String(name))) || main;
    const line = read.lineOf(path);
    return line === undefined ? undefined : { file: read.file, line };
  };
  const data =
    isRecord(main.data) && included.length > 0 && services.size > 0
      ? { ...main.data, services: Object.fromEntries(services) }
      : main.data;
  return { data, lineOf, problems };
}

function servicesOf(read: Read): Record<string, unknown> {
  const services = isRecord(read.data) ? read.data.services : undefined;
  return isRecord(services) ? services : {};
}

const second = (read: Read, owner: Read, name: string): ConfigProblem => ({
  file: read.file,
  line: read.lineOf(['services', name]) ?? 1,
  path: `services.${name}`,
  value: '',
  message: `stands in ${owner.file} already (line ${owner.lineOf(['services', name]) ?? 1})`,
  remedy: 'give it another name, or write it once',
});

function foreignKeys(read: Read): readonly ConfigProblem[] {
  const keys = isRecord(read.data) ? Object.keys(read.data) : [''];
  return keys
    .filter((key) => !(INCLUDED_KEYS as readonly string[]).includes(key))
    .map((key) => ({
      file: read.file,
      line: read.lineOf([key]) ?? 1,
      path: key,
      value: '',
      message: key === '' ? 'is not a map' : 'does not belong into an included file',
      remedy: 'write services: and nothing else here',
    }));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
