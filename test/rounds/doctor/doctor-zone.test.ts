/** One thing at a time out of order in Route 53: zone, `_quorate` record, records, health checks. */
import { describe, expect, it } from 'vitest';
import type { State } from '../../../scripts/doctor/line.ts';
import type { Looks } from '../../../scripts/doctor/looks.ts';
import { HOUR, type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { healthyLooks } from './healthy-account.ts';
import {
  add,
  change,
  doctor,
  edited,
  expectLine,
  here,
  linesOf,
  orphanWorld,
  pendingWorld,
  remove,
  ttlWorld,
  world,
} from './run-doctor.ts';

describe('the zone', () => {
  const hosted = (changes: object): Partial<Looks> => ({
    hostedZone: async (zone, signal) => ({
      ...(await healthyLooks(here).hostedZone(zone, signal))!,
      ...changes,
    }),
  });
  const FENCE = '_quorate.app.example.com';

  it.each([
    [
      'zone',
      'fail',
      'there is no zone Z0123456789ABCDEFGHIJ in this account',
      { hostedZone: async () => undefined },
    ],
    ['zone', 'fail', 'example.com is a private zone', hosted({ isPrivate: true })],
    ['zone', 'fail', 'app.example.com is not in example.org', hosted({ name: 'example.org' })],
    ['delegation', 'fail', 'nobody delegates example.com', { delegation: async () => [] }],
    ['delegation', 'fail', 'ask ns.other.net', { delegation: async () => ['ns.other.net'] }],
    [
      'delegation',
      'warn',
      'make both lists equal',
      { delegation: async () => ['NS-1.awsdns-01.com.'] },
    ],
    ['accelerated recovery', 'warn', 'off: while us-east-1', hosted({ acceleratedRecovery: null })],
    [
      'accelerated recovery',
      'warn',
      'off: while us-east-1',
      hosted({ acceleratedRecovery: 'DISABLED' }),
    ],
    ['accelerated recovery', 'warn', 'ENABLING', hosted({ acceleratedRecovery: 'ENABLING' })],
    [
      'accelerated recovery',
      'warn',
      'ENABLE_FAILED',
      hosted({ acceleratedRecovery: 'ENABLE_FAILED' }),
    ],
    [
      'accelerated recovery',
      'fail',
      'takes no change',
      hosted({ acceleratedRecovery: 'ENABLING_HOSTED_ZONE_LOCKED' }),
    ],
    [
      'record protections',
      'fail',
      'app.example.com A (ask Bob): Route 53 refuses',
      { protections: async () => [{ name: 'app.example.com', type: 'A', comment: 'ask Bob' }] },
    ],
    [
      'record protections',
      'fail',
      `${FENCE} TXT`,
      { protections: async () => [{ name: FENCE, type: 'TXT', comment: '' }] },
    ],
    [
      'record protections',
      'ok',
      'none on a managed name',
      { protections: async () => [{ name: 'app.example.com', type: 'MX', comment: '' }] },
    ],
  ] satisfies [string, State, string, Partial<Looks>][])(
    '%s: %s, %s',
    async (check, state, says, changes) => {
      const { document } = await doctor(changes);

      const [line] = linesOf(document, check);
      expect(line).toMatchObject({ state, where: ['main'] });
      expect(`${line?.says} ${line?.remedy ?? ''}`).toContain(says);
    },
  );

  it('a protection on a name that is only observed is a warning', async () => {
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ mode: 'observe' })] }),
    });

    await expectLine(
      { protections: async () => [{ name: 'app.example.com', type: 'A', comment: '' }] },
      'record protections',
      'warn',
      'refuses every change',
      ['main'],
      world,
    );
  });

  it('says how many requests the deployment makes at rest', async () => {
    const { document } = await doctor();

    expect(linesOf(document, 'Route 53 requests')).toMatchObject([
      { state: 'ok', says: expect.stringContaining('0.02 a second') },
    ]);
  });
});

describe('records', () => {
  const endpoint = 'us-east-1';

  it.each([
    [
      '_quorate record',
      'fail',
      'nothing is managed',
      'quorate adopt app',
      world({ fence: 'none' }),
    ],
    [
      '_quorate record',
      'fail',
      'can’t be read',
      'quorate adopt app',
      edited((one) => one.editFence(['"quorate1 nonsense"'])),
    ],
    [
      '_quorate record',
      'fail',
      'belongs to the deployment elsewhere',
      'quorate release app',
      world({ fenceChanges: { deployment: 'elsewhere' } }),
    ],
    [
      '_quorate record',
      'warn',
      'a newer configuration',
      'npm run deploy',
      world({
        fenceChanges: {
          config: 'newer-settings-00000001',
          packagedAt: (here.packagedAt + HOUR) as never,
        },
      }),
    ],
    [
      'records',
      'warn',
      'drift: us-east-1 A at app.example.com has weight 7, the last change left 100',
      'quorate reassert app',
      edited((one) => one.editWeight(endpoint, 7)),
    ],
    [
      'records',
      'fail',
      'answers 192.0.2.9, the file says',
      'quorate apply app',
      edited((one) => change(one, (record) => ({ ...record, values: ['192.0.2.9'] }))),
    ],
    ['records', 'fail', 'is missing', 'quorate apply app', edited((one) => remove(one))],
    [
      'records',
      'fail',
      'was not made by Quorate',
      'quorate adopt app',
      edited((one) => add(one, { setIdentifier: 'somebody', values: ['192.0.2.9'] })),
    ],
    ['records', 'warn', 'pending', 'quorate apply app', pendingWorld()],
    [
      'records',
      'warn',
      'us-east-1 is an orphan: no longer in the file, and still answered',
      'quorate retire app us-east-1',
      orphanWorld(100),
    ],
    [
      'records',
      'warn',
      'us-east-1 is an orphan: no longer in the file, weight 0',
      'quorate retire app us-east-1',
      orphanWorld(0),
    ],
    ['records', 'warn', 'has TTL 300 s: clients keep', 'ttl: 60s', ttlWorld(300, 300)],
    ['records', 'warn', 'has TTL 20 s, the file says 30 s', 'quorate apply app', ttlWorld(20, 30)],
  ] satisfies [string, State, string, string, () => QuorumWorld][])(
    '%s: %s, %s',
    async (check, state, says, remedy, open) => {
      const { document } = await doctor({}, open());

      const line = linesOf(document, check).find((one) => one.says.includes(says));
      expect(line).toMatchObject({ state, where: ['app'] });
      expect(line?.remedy).toContain(remedy);
    },
  );

  it('of a service that is only observed need no _quorate record, and are compared all the same', async () => {
    const own = quorumWorld({
      fence: 'none',
      config: sampleConfig({ services: [sampleService({ mode: 'observe' })] }),
    });
    change(own, (record) => ({ ...record, values: ['192.0.2.9'] }));

    const { document } = await doctor({}, own);

    expect(linesOf(document, '_quorate record')).toMatchObject([{ state: 'ok' }]);
    expect(linesOf(document, 'records')).toMatchObject([
      { state: 'fail', says: expect.stringContaining('answers 192.0.2.9') },
    ]);
  });

  it('without any are one finding that names the command', async () => {
    const own = quorumWorld({ fence: 'none' });
    for (const id of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) remove(own, id);

    const { document } = await doctor({}, own);

    expect(linesOf(document, '_quorate record')).toMatchObject([
      { state: 'fail', remedy: 'quorate apply app' },
    ]);
    expect(linesOf(document, 'records')).toMatchObject([{ state: 'ok' }]);
  });

  it('that mix aliases with a TTL of their own do not share by weight', async () => {
    const own = quorumWorld();
    change(own, ({ ttlSeconds: _ttl, values: _values, ...record }) => ({
      ...record,
      alias: {
        name: 'lb.us-east-1.elb.amazonaws.com',
        zone: 'Z35SXDOTRQ7X7K',
        evaluateTargetHealth: true,
      },
    }));

    const { document } = await doctor({}, own);

    expect(linesOf(document, 'records').map(({ says }) => says)).toContainEqual(
      expect.stringContaining('mixes aliases, which answer with 60 s, with TTL 30 s'),
    );
  });
});

describe('the backstop', () => {
  const withCheck = (id: string, configured?: string): QuorumWorld => {
    const endpoints = sampleService().endpoints.map((one) => ({
      ...one,
      ...(configured === undefined ? {} : { healthCheckId: configured }),
    }));
    const own = quorumWorld({ config: sampleConfig({ services: [sampleService({ endpoints })] }) });
    for (const { id: endpoint } of endpoints) {
      change(own, (record) => ({ ...record, healthCheckId: id }), endpoint);
    }
    return own;
  };

  it('is complete where every record has a health check that exists', async () => {
    const { document } = await doctor({}, withCheck('check-1'));

    expect([...linesOf(document, 'backstop'), ...linesOf(document, 'health checks')]).toMatchObject(
      [{ state: 'ok' }, { state: 'ok', says: 'check-1 is there' }],
    );
  });

  it.each([
    [
      'a check that is gone counts as healthy',
      'fail',
      'there is no health check check-1',
      { healthCheck: async () => undefined },
    ],
    [
      'an inverted one is no switch',
      'warn',
      'is inverted',
      { healthCheck: async () => ({ inverted: true, disabled: false }) },
    ],
    [
      'a disabled one is no switch',
      'warn',
      'is disabled',
      { healthCheck: async () => ({ inverted: false, disabled: true }) },
    ],
  ] satisfies [string, State, string, Partial<Looks>][])(
    '%s',
    async (_title, state, says, changes) => {
      await expectLine(changes, 'health checks', state, says, ['app'], withCheck('check-1'));
    },
  );

  it('a check other than the file’s is named per endpoint', async () => {
    await expectLine(
      {},
      'health checks',
      'warn',
      'eu-west-1 carries check-1, the file says check-2',
      ['app'],
      withCheck('check-1', 'check-2'),
    );
  });
});
