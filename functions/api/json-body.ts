/**
 * A body → the value in it, or what is wrong with it. Stricter than JSON.parse where two readers of one
 * text could understand two things: a key given twice is refused (JSON.parse takes the last one), names
 * that every object has are refused (`__proto__`, `constructor`: a schema may take them for known), so is
 * deep nesting, and text that shows other than it reads (controls, bidirectional and invisible characters).
 */
import type { Asked, FieldError } from './problem.ts';

const DEPTH_MAX = 6;

export function parseJson(text: string): Asked<unknown> {
  // Before anything recursive sees it: a thousand brackets are no order.
  if (depthOf(text) > DEPTH_MAX) {
    return wrong('', `is nested deeper than ${DEPTH_MAX}; no request of this API is`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('', 'is no JSON');
  }
  const twice = keyGivenTwice(text);
  if (twice !== null) return wrong('', `gives ${JSON.stringify(twice)} twice; give it once`);
  const errors = faultsOf(value, '');
  return errors.length === 0 ? { value } : refused(errors);
}

const wrong = (at: string, detail: string): Asked<never> => refused([{ at, detail }]);

const refused = (errors: readonly FieldError[]): Asked<never> => ({
  refusal: {
    code: 'BAD_REQUEST',
    detail: `the body ${errors[0]?.at ?? ''} ${errors[0]?.detail ?? ''}`.replace(/ +/g, ' '),
    errors,
  },
});

/** One character at a time, strings skipped: every text has an answer. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const { token } of tokens(text)) {
    if (token === '{' || token === '[') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (token === '}' || token === ']') depth -= 1;
  }
  return deepest;
}

/** Of a text that JSON.parse has taken. */
function keyGivenTwice(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (const { token, string } of tokens(text)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === '"') last = string;
    else {
      // A colon: the string before it is a key of the object that is open.
      const keys = open.at(-1);
      const key = JSON.parse(last) as string;
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}

type Token = { readonly token: string; readonly string: string };

const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\]:]/gs;

const tokens = function* (text: string): Generator<Token> {
  for (const [found] of text.matchAll(TOKEN)) {
    yield { token: found.charAt(0), string: found };
  }
};

/** Letters may need U+200C and U+200D (Persian, emoji); nothing else here is ever seen. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|(?![\u200c\u200d])\p{Cf}/u;

export function unseenIn(text: string): string | null {
  const found = UNSEEN.exec(text)?.[0].codePointAt(0);
  return found === undefined
    ? null
    : `holds the invisible character U+${found.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** JSON pointer of what would be read otherwise than it is shown. */
function faultsOf(value: unknown, at: string): readonly FieldError[] {
  if (typeof value === 'string') {
    const unseen = unseenIn(value);
    return unseen === null ? [] : [{ at, detail: `${unseen}; write it without` }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const here = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (key in Object.prototype) return [{ at: here, detail: 'is no field of this API' }];
    if (unseenIn(key) !== null) return [{ at, detail: `has a field whose name ${unseenIn(key)}` }];
    return faultsOf(item, here);
  });
}
