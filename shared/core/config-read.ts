/**
 * Reads single values, lists and maps out of a node by the schema's leaves. What is wrong is noted and
 * comes back as `undefined`; the caller goes on with the rest, so that one mistake hides no other and
 * causes no second message.
 */
import * as v from 'valibot';
import {
  about,
  at,
  type ConfigNode,
  child,
  isMap,
  itemsOf,
  keysOf,
  valueAt,
} from './config-node.ts';
import { type Findings, nearest, orList } from './config-problem.ts';
import type { Aids } from './model.ts';

export type Reader = Findings & {
  readonly aids: Aids;
  readonly allowLoopback: boolean;
  readonly allowAddresses: readonly string[];
};

/** A map with more keys than this is a mistake of another kind than its single keys. */
export const KEYS_MAX = 1_000;

/** The value, `absent` if the key isn't there, `undefined` if it is wrong (and noted). */
export function readLeaf<const S extends v.GenericSchema, const A = undefined>(
  reader: Findings,
  node: ConfigNode | undefined,
  leaf: S,
  absent?: A,
): v.InferOutput<S> | A | undefined {
  if (node === undefined) return absent;
  const result = v.safeParse(leaf, valueAt(node), { abortEarly: true });
  if (result.success) return result.output;
  reader.mistake(at(node), result.issues[0].message);
  return undefined;
}

type Entries = Readonly<Record<string, v.GenericSchema>>;

/** One key of a map, by the schema that this map has for it. */
export function readKey<
  const E extends Entries,
  const K extends keyof E & string,
  const A = undefined,
>(
  reader: Findings,
  parent: ConfigNode | undefined,
  entries: E,
  key: K,
  absent?: A,
): v.InferOutput<E[K]> | A | undefined {
  const leaf: E[K] = entries[key];
  return readLeaf(reader, parent && child(parent, key), leaf, absent);
}

/** Unless another key looks like a slip for it. */
export function noteMissing(
  reader: Findings,
  parent: ConfigNode,
  key: string,
  remedy: string,
): void {
  if (child(parent, key) !== undefined || isSuspected(reader, parent, [key])) return;
  reader.mistake(about(parent, key), `is missing; ${remedy}`);
}

export const isSuspected = (
  reader: Findings,
  parent: ConfigNode,
  keys: readonly string[],
): boolean =>
  keys.some((key) => parent.some((layer) => reader.isSuspected(about([layer], key).path)));

/** Like `readKey`, for a key that must be there. */
export function readRequired<const E extends Entries, const K extends keyof E & string>(
  reader: Findings,
  parent: ConfigNode,
  entries: E,
  key: K,
  remedy: string,
): v.InferOutput<E[K]> | undefined {
  noteMissing(reader, parent, key, remedy);
  return readKey(reader, parent, entries, key);
}

export type Item<T> = { readonly node: ConfigNode; readonly value: T };
export type ListRules = { readonly most: number; readonly least: number; readonly example: string };

/** A list, or one value that stands for a list of one. The good items; `whole` tells if all were. */
export function readList<const S extends v.GenericSchema>(
  reader: Findings,
  node: ConfigNode | undefined,
  leaf: S,
  rules: ListRules,
): { readonly items: readonly Item<v.InferOutput<S>>[]; readonly whole: boolean } {
  if (node === undefined) return { items: [], whole: true };
  const value = valueAt(node);
  const length = Array.isArray(value) ? value.length : 1;
  if (length > rules.most || length < rules.least) {
    const count = length === 0 ? 'is empty' : `has ${length} entries, more than ${rules.most}`;
    reader.mistake(about(node), `${count}; write ${rules.example}`);
    return { items: [], whole: false };
  }
  const nodes = Array.isArray(value) ? itemsOf(node) : [node];
  const items = nodes.flatMap((item) => {
    const read = readLeaf(reader, item, leaf);
    return read === undefined ? [] : [{ node: item, value: read }];
  });
  return { items, whole: items.length === nodes.length };
}

/** Is it a map, and are all its keys known? Unknown keys are noted and change nothing else. */
export function readMap(
  reader: Findings,
  node: ConfigNode,
  entries: Readonly<Record<string, unknown>>,
  example: string,
): boolean {
  if (!isMapWithin(reader, node, example)) return false;
  const known = Object.keys(entries);
  for (const layer of node) {
    for (const key of keysOf([layer])) {
      if (known.includes(key)) continue;
      const guess = nearest(key, known);
      if (guess !== undefined) reader.suspect(about([layer], guess).path);
      const remedy = guess === undefined ? `known are ${orList(known)}` : `did you mean ${guess}?`;
      reader.mistake(about([layer], key), `is not a known key here; ${remedy}`);
    }
  }
  return true;
}

/** A map whose keys are names that the operator chose: each one with its node, in file order. */
export function readNamed(
  reader: Findings,
  node: ConfigNode | undefined,
  rules: { readonly name: RegExp; readonly nameRule: string; readonly example: string },
): readonly { readonly name: string; readonly node: ConfigNode }[] {
  if (node === undefined || !isMapWithin(reader, node, rules.example)) return [];
  return keysOf(node).flatMap((name) => {
    const named = child(node, name);
    if (named !== undefined && rules.name.test(name)) return [{ name, node: named }];
    reader.mistake(about(node, name), `is not a name that can be used here; ${rules.nameRule}`);
    return [];
  });
}

function isMapWithin(reader: Findings, node: ConfigNode, example: string): boolean {
  const value = valueAt(node);
  if (!isMap(value)) {
    reader.mistake(at(node), `is not a map; write ${example}`);
    return false;
  }
  const keys = keysOf(node).length;
  if (keys <= KEYS_MAX) return true;
  reader.mistake(about(node), `has ${keys} keys, more than ${KEYS_MAX}; write ${example}`);
  return false;
}
