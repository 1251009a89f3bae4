/**
 * A place in the file with what stands there, seen through its defaults: layers from the most special to
 * the most general, each with its own path. Maps merge, anything else replaces, and every value still
 * knows where it was written, so that a mistake in `defaults` is reported there. Nothing is copied:
 * reading is lazy, and a file as deep as it likes costs only what is looked at.
 */
import type { Path, Place } from './config-problem.ts';

type Layer = { readonly path: Path; readonly value: unknown };
export type ConfigNode = readonly [Layer, ...Layer[]];
export type DataMap = Readonly<Record<string, unknown>>;

export const nodeOf = (value: unknown, path: Path): ConfigNode => [{ path, value }];

export const valueAt = (node: ConfigNode): unknown => node[0].value;
export const pathOf = (node: ConfigNode): Path => node[0].path;

/** The place together with its value: for "256 is not …". */
export const at = (node: ConfigNode): Place => node[0];
/** The place alone: for sentences about a map, a list or something missing. */
export const about = (node: ConfigNode, ...keys: Path): Place => ({
  path: [...pathOf(node), ...keys],
});

export function isMap(value: unknown): value is DataMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** `over` on top of `under`: below something that is no map, nothing shows through. */
export function overlay(over: ConfigNode, under: ConfigNode | undefined): ConfigNode;
export function overlay(
  over: ConfigNode | undefined,
  under: ConfigNode | undefined,
): ConfigNode | undefined;
export function overlay(over: ConfigNode | undefined, under: ConfigNode | undefined) {
  if (over === undefined || under === undefined) return over ?? under;
  return settled([...over, ...under]);
}

export function child(node: ConfigNode, key: string): ConfigNode | undefined {
  const layers = node.flatMap(({ path, value }) =>
    isMap(value) && Object.hasOwn(value, key) ? [{ path: [...path, key], value: value[key] }] : [],
  );
  return settled(layers);
}

/** The special layers' keys first, each in file order. */
export function keysOf(node: ConfigNode): readonly string[] {
  return [...new Set(node.flatMap(({ value }) => (isMap(value) ? Object.keys(value) : [])))];
}

/** Of a node that was found to be a list. */
export function itemsOf(node: ConfigNode): readonly ConfigNode[] {
  const { path, value } = node[0];
  return Array.from(value as readonly unknown[], (item, index) => nodeOf(item, [...path, index]));
}

function settled(layers: readonly Layer[]): ConfigNode | undefined {
  const [top, ...rest] = layers;
  if (top === undefined) return undefined;
  if (!isMap(top.value)) return [top];
  const end = rest.findIndex(({ value }) => !isMap(value));
  return [top, ...(end === -1 ? rest : rest.slice(0, end))];
}
