/**
 * A query string, or the parts of a path, as text → what a schema says they are. Each name once, known
 * ones only, and numbers and truths in one way of writing, so that nothing is read two ways.
 */
import * as v from 'valibot';
import { unseenIn } from './json-body.ts';
import type { Asked, FieldError } from './problem.ts';

export type EntriesSchema = v.GenericSchema & {
  readonly entries: Readonly<Record<string, v.GenericSchema>>;
};

export function parseQuery(raw: string | null, schema: EntriesSchema): Asked<unknown> {
  if (raw === null) return wrong([{ at: '', detail: 'the query is longer than 2048 characters' }]);
  const values: [string, unknown][] = [];
  const errors: FieldError[] = [];
  for (const part of raw.split('&').filter((one) => one !== '')) {
    const [rawName = '', ...rest] = part.split('=');
    const name = decoded(rawName);
    const value = decoded(rest.join('='));
    if (name === null || value === null) {
      errors.push({ at: `?${rawName}`, detail: 'is no percent-encoded UTF-8' });
      continue;
    }
    const at = `?${name}`;
    const unseen = unseenIn(name + value);
    if (unseen !== null) errors.push({ at, detail: unseen });
    else if (values.some(([known]) => known === name)) {
      errors.push({ at, detail: 'is given twice; give it once' });
    } else if (!Object.hasOwn(schema.entries, name)) {
      const known = Object.keys(schema.entries);
      errors.push({
        at,
        detail: `is not known here; ${known.length === 0 ? 'this route takes no query' : `known are ${known.join(', ')}`}`,
      });
    } else values.push([name, typed(value, schema.entries[name])]);
  }
  return errors.length === 0 ? judge(schema, Object.fromEntries(values), '?') : wrong(errors);
}

/** A value of a schema, or where it differs from it. */
export function judge<T>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
  prefix: '' | '?' | 'path ',
): Asked<T> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return { value: parsed.output };
  return wrong(parsed.issues.map((issue) => fieldError(issue, prefix)));
}

function fieldError(issue: v.BaseIssue<unknown>, prefix: string): FieldError {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const at = prefix === '' ? path.map((key) => `/${key}`).join('') : `${prefix}${path.join('.')}`;
  // A strict object's complaint about a name it doesn't know, and about one that is missing.
  if (issue.expected === 'never') return { at, detail: 'is not known here; leave it out' };
  if (issue.received === 'undefined') return { at, detail: 'is missing' };
  return { at, detail: issue.message };
}

const wrong = (errors: readonly FieldError[]): Asked<never> => ({
  refusal: {
    code: 'BAD_REQUEST',
    detail: errors
      .map(({ at, detail }) => `${at === '' ? 'the request' : at}: ${detail}`)
      .join('; '),
    errors,
  },
});

export function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** As the schema would have it; what can't be read so stays text, and is refused by the schema. */
function typed(text: string, schema: v.GenericSchema | undefined): unknown {
  switch (innerType(schema)) {
    case 'number':
      return /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}

function innerType(schema: v.GenericSchema | undefined): string | undefined {
  if (schema === undefined) return undefined;
  return 'wrapped' in schema ? innerType(schema.wrapped as v.GenericSchema) : schema.type;
}
