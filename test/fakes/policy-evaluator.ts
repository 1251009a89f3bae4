/**
 * IAM's evaluation of identity policies, small and strict: statements and one request in, who decided
 * out. It follows the IAM user guide where it is surprising (an absent key satisfies `ForAllValues` and
 * every negated operator; context keys ignore case, values do not; a wildcard stays within its part of
 * an ARN) and throws at everything it does not know: an operator passed over would be a permission.
 */

/** As IAM takes it, or as a template holds it once its functions are resolved. */
export type EvaluatedStatement = Readonly<Record<string, unknown>>;

export type AccessRequest = {
  /** `service:Action` */
  readonly action: string;
  readonly resource: string;
  /** A list is a multivalued key. A key that is not here is absent. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
};

export type Verdict =
  | { readonly effect: 'allowed'; readonly by: string }
  | { readonly effect: 'denied'; readonly by: string }
  /** No statement says anything. */
  | { readonly effect: 'not-allowed' };

const STATEMENT_KEYS = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Condition']);
/** Partition, service, region, account and all of the rest, which may have colons of its own. */
const ARN_PARTS = 6;

/** One denial outweighs every permission; a permission is one statement that matches as a whole. */
export function evaluate(
  statements: readonly EvaluatedStatement[],
  request: AccessRequest,
): Verdict {
  // Every statement is looked at, so that none goes unread because an earlier one matched.
  const matching = statements.filter((statement) => matches(statement, request));
  const deny = matching.find(({ Effect }) => Effect === 'Deny');
  if (deny) return { effect: 'denied', by: sidOf(deny) };
  const allow = matching.find(({ Effect }) => Effect === 'Allow');
  return allow ? { effect: 'allowed', by: sidOf(allow) } : { effect: 'not-allowed' };
}

export const isAllowed = (
  statements: readonly EvaluatedStatement[],
  request: AccessRequest,
): boolean => evaluate(statements, request).effect === 'allowed';

function matches(statement: EvaluatedStatement, request: AccessRequest): boolean {
  const unknown = Object.keys(statement).filter((key) => !STATEMENT_KEYS.has(key));
  if (unknown.length > 0) throw new Error(`statement element not evaluated: ${unknown.join(', ')}`);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new Error(`no effect: ${String(statement.Effect)}`);
  }
  const actions = listOf(statement.Action, 'Action');
  const resources = listOf(statement.Resource, 'Resource');
  const holds = conditionHolds(statement.Condition, request.context ?? {});
  return (
    actions.some((pattern) => glob(pattern.toLowerCase(), request.action.toLowerCase())) &&
    resources.some((pattern) => arnMatches(pattern, request.resource)) &&
    holds
  );
}

/** Operators and keys: all of them. */
function conditionHolds(
  condition: unknown,
  context: NonNullable<AccessRequest['context']>,
): boolean {
  if (condition === undefined) return true;
  const present = new Map(
    Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]),
  );
  return Object.entries(mapOf(condition, 'Condition'))
    .flatMap(([operator, keys]) =>
      Object.entries(mapOf(keys, operator)).map(([key, values]) =>
        keyHolds(operator, present.get(key.toLowerCase()), listOf(values, key)),
      ),
    )
    .every(Boolean);
}

function keyHolds(
  operator: string,
  given: string | readonly string[] | undefined,
  values: readonly string[],
): boolean {
  const [, set = '', base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const isAbsent = given === undefined || (typeof given !== 'string' && given.length === 0);
  if (base === 'Null' && !set && !ifExists) {
    return values.some((value) => boolean(value) === isAbsent);
  }
  const compare = COMPARISONS[base];
  if (compare === undefined) throw new Error(`condition operator not evaluated: ${operator}`);
  // A negated operator wants a value that equals none of them; any other wants one that equals one.
  const holds = (one: string): boolean =>
    compare.negated
      ? !values.some((value) => compare.equal(value, one))
      : values.some((value) => compare.equal(value, one));

  if (set === 'ForAllValues') return isAbsent || [given].flat().every(holds);
  if (set === 'ForAnyValue') return !isAbsent && [given].flat().some(holds);
  if (isAbsent) return ifExists !== undefined || compare.negated;
  if (typeof given !== 'string') {
    throw new Error(`${operator} compares a single value, the request has a list`);
  }
  return holds(given);
}

type Comparison = {
  readonly equal: (value: string, given: string) => boolean;
  readonly negated: boolean;
};
const equals = (value: string, given: string): boolean => literal(value) === given;
const equalsIgnoringCase = (value: string, given: string): boolean =>
  literal(value).toLowerCase() === given.toLowerCase();
const COMPARISONS: Readonly<Record<string, Comparison | undefined>> = {
  StringEquals: { equal: equals, negated: false },
  StringNotEquals: { equal: equals, negated: true },
  StringEqualsIgnoreCase: { equal: equalsIgnoringCase, negated: false },
  StringNotEqualsIgnoreCase: { equal: equalsIgnoringCase, negated: true },
  StringLike: { equal: glob, negated: false },
  StringNotLike: { equal: glob, negated: true },
  ArnEquals: { equal: arnMatches, negated: false },
  ArnLike: { equal: arnMatches, negated: false },
  ArnNotEquals: { equal: arnMatches, negated: true },
  ArnNotLike: { equal: arnMatches, negated: true },
  Bool: { equal: equalsIgnoringCase, negated: false },
};

/** `*` alone is everything; else each part by itself, so that a wildcard never reaches the next part. */
function arnMatches(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const parts = partsOf(pattern);
  const given = partsOf(arn);
  if (parts.length !== ARN_PARTS) throw new Error(`not an ARN: ${pattern}`);
  return given.length === ARN_PARTS && parts.every((part, place) => glob(part, given[place] ?? ''));
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= ARN_PARTS
    ? parts
    : [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}

/** `*` any characters, `?` exactly one. */
function glob(pattern: string, text: string): boolean {
  const expression = [...literal(pattern)]
    .map((one) => (one === '*' ? '.*' : one === '?' ? '.' : RegExp.escape(one)))
    .join('');
  return new RegExp(`^${expression}$`, 'su').test(text);
}

/** Policy variables would need the principal. */
function literal(value: string): string {
  if (value.includes('${')) throw new Error(`policy variable not evaluated: ${value}`);
  return value;
}

function boolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Error(`neither true nor false: ${value}`);
  return value === 'true';
}

function listOf(value: unknown, what: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error(`${what} is an empty list, which IAM refuses`);
  return list.map((one) => {
    if (typeof one !== 'string') throw new Error(`${what} is not text: ${JSON.stringify(one)}`);
    return one;
  });
}

function mapOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${what} is not a map: ${JSON.stringify(value)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

const sidOf = ({ Sid }: EvaluatedStatement): string => String(Sid ?? 'a statement without Sid');
