/**
 * Both ways: every call that a function's code can make is granted to its role, and everything granted is
 * called, by the code or, where it says so, by AWS in the function's name.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS, type FunctionId } from '../../scripts/names.ts';
import { filledIn, type PlainStatement } from '../../scripts/package/permission-text.ts';
import { COMMITTERS, functionStatements, zonePolicies } from '../../scripts/package/permissions.ts';
import { evaluate, isAllowed } from '../fakes/policy-evaluator.ts';
import {
  actionOf,
  type Call,
  callsOf,
  commandsIn,
  type MethodName,
  methodsIn,
  sourcesOf,
} from '../fixtures/permissions-calls.ts';
import { OWN, PLACE, worldConfig } from '../fixtures/permissions-world.ts';

/** Parameters of the world's file, by who reads them. */
const PARAMETERS: Readonly<Record<FunctionId, readonly string[]>> = {
  probe: ['/quorate/app/probe-token'],
  quorum: [],
  notify: ['/quorate/heartbeat', '/quorate/webhook'],
  api: [],
};

/** No code of ours makes these calls: AWS does, with the role of the function. */
const BY_AWS: Readonly<Record<string, string>> = {
  'logs:CreateLogStream': 'Lambda writes the log',
  'logs:PutLogEvents': 'Lambda writes the log',
  'sqs:SendMessage': 'Lambda keeps events that failed',
  'dynamodb:DescribeStream': 'the event source mapping reads the stream',
  'dynamodb:GetRecords': 'the event source mapping reads the stream',
  'dynamodb:GetShardIterator': 'the event source mapping reads the stream',
  'dynamodb:ListStreams': 'the event source mapping reads the stream',
  'kms:Decrypt': 'DynamoDB and SSM decrypt for who asks them',
  'ec2:AssignPrivateIpAddresses': 'Lambda makes network interfaces',
  'ec2:CreateNetworkInterface': 'Lambda makes network interfaces',
  'ec2:DeleteNetworkInterface': 'Lambda makes network interfaces',
  'ec2:DescribeNetworkInterfaces': 'Lambda makes network interfaces',
  'ec2:DescribeSubnets': 'Lambda makes network interfaces',
  'ec2:UnassignPrivateIpAddresses': 'Lambda makes network interfaces',
};

type Seen = {
  readonly sources: ReadonlyMap<string, string>;
  readonly methods: ReadonlySet<MethodName>;
  readonly calls: readonly Call[];
};

describe('permissions and calls', () => {
  const seen = new Map<FunctionId, Seen>();
  const statements = statementsOf();

  beforeAll(async () => {
    for (const id of FUNCTIONS) {
      const sources = await sourcesOf(id);
      const methods = methodsIn(sources);
      const calls: Call[] = [];
      for (const method of methods) calls.push(...(await callsOf(method, PARAMETERS[id])));
      seen.set(id, { sources, methods, calls });
    }
  });
  const of = (id: FunctionId): Seen => {
    const found = seen.get(id);
    if (found === undefined) throw new Error(`${id} was not walked`);
    return found;
  };

  it.each(FUNCTIONS)('every call of %s is granted', (id) => {
    const { calls } = of(id);
    const denied = calls.filter(({ request }) => !isAllowed(statements[id], request));

    expect(denied.map(({ request }) => request)).toEqual([]);
    expect(calls.length).toBeGreaterThan(0);
  });

  it.each(FUNCTIONS)('every action granted to %s is called', (id) => {
    const { calls } = of(id);
    for (const statement of allowing(statements[id])) {
      for (const action of statement.Action) {
        const alone = [{ ...statement, Action: [action] }];
        const isCalled = calls.some(({ request }) => isAllowed(alone, request));

        expect([statement.Sid, action, isCalled || action in BY_AWS]).toEqual([
          statement.Sid,
          action,
          true,
        ]);
      }
    }
  });

  it.each(FUNCTIONS)('every resource and every key granted to %s is called for', (id) => {
    const { calls } = of(id);
    for (const statement of allowing(statements[id])) {
      if (statement.Action.every((action) => action in BY_AWS)) continue;
      for (const resource of statement.Resource) {
        const alone = [{ ...statement, Resource: [resource] }];
        expect([resource, calls.some(({ request }) => isAllowed(alone, request))]).toEqual([
          resource,
          true,
        ]);
      }
      for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
        if (operator === 'Null') continue;
        for (const [key, values] of Object.entries(keys)) {
          for (const value of [values].flat()) {
            const without = [values].flat().filter((one) => one !== value);
            const narrower = narrowed(statement, operator, key, without);
            const needs = calls.some(
              ({ request }) => isAllowed([statement], request) && !isAllowed([narrower], request),
            );
            expect([statement.Sid, key, value, needs]).toEqual([statement.Sid, key, value, true]);
          }
        }
      }
    }
  });

  it('no command is sent from anywhere that was not walked', () => {
    const walked = new Set(FUNCTIONS.flatMap((id) => of(id).calls.map(({ command }) => command)));
    const written = new Set(
      FUNCTIONS.flatMap((id) => [...of(id).sources.values()].flatMap(commandsIn)),
    );

    expect([...written].toSorted()).toEqual([...walked].toSorted());
    expect(written.size).toBeGreaterThan(8);
  });

  it('what AWS does in the name of a function is granted to one of them at least', () => {
    const granted = new Set(FUNCTIONS.flatMap((id) => statements[id].flatMap((s) => s.Action)));

    expect(Object.keys(BY_AWS).filter((action) => !granted.has(action))).toEqual([]);
  });

  it('probe and notify ask for no zone at all, and only quorum and api commit', () => {
    const zones = FUNCTIONS.map((id) =>
      [...of(id).methods].filter((method) => method.startsWith('zone.')),
    );

    expect(zones).toEqual([
      [],
      ['zone.read', 'zone.commit', 'zone.changeStatus'],
      [],
      ['zone.read', 'zone.commit'],
    ]);
    expect(COMMITTERS).toEqual(['quorum', 'api']);
  });

  it('the walk sees a call that is not granted, and a grant without a call', () => {
    const [report] = of('probe').calls.filter(
      ({ request }) => request.action === 'dynamodb:PutItem',
    );

    expect(evaluate(statements.api, report!.request).effect).toBe('not-allowed');
    expect([...methodsIn(new Map([['x.ts', 'deps.store().writeHead(a)']]))]).toEqual([
      'store.writeHead',
    ]);
    expect(methodsIn(new Map([['shared/wire.ts', 'store().writeHead(a)']])).size).toBe(0);
    expect(() => actionOf('TerminateInstancesCommand')).toThrow('belongs to no service');
  });
});

const allowing = (statements: readonly PlainStatement[]): readonly PlainStatement[] =>
  statements.filter(({ Effect }) => Effect === 'Allow');

/** The same with fewer values of one key; IAM refuses an empty list, so then with one that nothing equals. */
const narrowed = (
  statement: PlainStatement,
  operator: string,
  key: string,
  values: readonly string[],
): PlainStatement => ({
  ...statement,
  Condition: {
    ...statement.Condition,
    [operator]: {
      ...statement.Condition?.[operator],
      [key]: values.length === 0 ? ['nothing'] : [...values],
    },
  },
});

function statementsOf(): Readonly<Record<FunctionId, readonly PlainStatement[]>> {
  const config = worldConfig();
  const zones = zonePolicies(config, OWN).flatMap(({ statements }) => statements);
  const inline = functionStatements(config, OWN);
  const all = (id: FunctionId): readonly PlainStatement[] =>
    filledIn([...inline[id], ...(COMMITTERS.includes(id) ? zones : [])], PLACE);
  return { probe: all('probe'), quorum: all('quorum'), notify: all('notify'), api: all('api') };
}
