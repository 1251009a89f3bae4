/** The decision as a whole: blind cases first, the order of the rules, and what a commit carries. */
import { describe, expect, it } from 'vitest';
import { AUTOMATION_STATES, decide, RULES } from '../../shared/core/decision.ts';
import { digest, epochMs, type Weight } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  onService,
  openWorld,
  orderOf,
  PACKAGED_AT,
  recordsFor,
  SECOND,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const allDown = (world: ReturnType<typeof openWorld>): void => {
  for (const id of ['a', 'b', 'c']) world.see(id, 'down');
};

describe('the order of the rules', () => {
  it('is the one of the golden: reordering is a change of behaviour', async () => {
    const text = ['what is served, verdicts (first draft)', ...RULES.map(([name]) => name)]
      .map((name, i) => `${i + 1}  ${name}\n`)
      .join('');

    await expect(text).toMatchFileSnapshot('../golden/rules.txt');
  });
});

describe('a decision that changes nothing', () => {
  it('F74: without a fence the service is unmanaged and health is told all the same', () => {
    const world = openWorld({ service });
    world.state.fenceValues = null;
    world.see('a', 'down');

    const decision = world.decide();

    expect(decision).toMatchObject({ automation: 'unmanaged', commit: null });
    expect(decision.endpoints[0]).toMatchObject({
      from: 100,
      to: 100,
      verdict: { value: 'down' },
      reason: { code: 'quorum-down' },
    });
    expect(decision.reasons.map(({ code }) => code)).toEqual(['unmanaged']);
  });

  it('F121: another deployment’s fence blocks, and the command is named: foreign', () => {
    const world = openWorld({ service, fence: { deployment: 'staging' } });
    allDown(world);

    const decision = world.round();

    expect(decision).toMatchObject({ automation: 'blocked', commit: null });
    expect(decision.reasons.map(sentence)).toEqual([
      'blocked: _quorate.app.example.com belongs to deployment staging; nothing is written; run `quorate adopt app` only if that deployment has let go of it',
    ]);
  });

  it.each([
    ['F75: two values', ['"quorate1 d=x"', '"b"'], 'it has 2 values instead of one'],
    ['F75: junk', ['"junk"'], 'it was not written by Quorate'],
  ])('%s in the fence block the service: malformed-fence', (_, values, problem) => {
    const world = openWorld({ service });
    world.state.fenceValues = values;
    allDown(world);

    const decision = world.round();

    expect(decision).toMatchObject({ automation: 'blocked', commit: null });
    expect(decision.reasons.map(sentence)).toEqual([
      `blocked: _quorate.app.example.com can't be used: ${problem}; nothing is written; run \`quorate adopt app\``,
    ]);
  });

  it('F99: a fence with evidence from the future blocks', () => {
    const world = openWorld({ service, fence: { asofAt: epochMs(NOW + 6_000) } });

    expect(world.decide()).toMatchObject({
      automation: 'blocked',
      reasons: [{ code: 'malformed-fence', problem: 'its evidence is 6000 ms in the future' }],
    });
  });

  it.each([
    [
      'F76: a missing record',
      'app.example.com A of a is missing',
      'run `quorate apply app` to make it',
      (records: Records) => records.slice(1),
    ],
    [
      'F76: a foreign record with weight',
      'app.example.com A stranger was not made by Quorate',
      'add it to the file and run `quorate adopt app`, or delete it in Route 53',
      (records: Records) => [...records, { ...records[0]!, setIdentifier: 'stranger' }],
    ],
    [
      'F78: a simple record',
      'app.example.com A is not a weighted record (simple)',
      HOW_TO_REPLACE,
      ([first]: Records) => [
        { name: first!.name, type: 'A', ttlSeconds: 30, values: ['203.0.113.9'] },
      ],
    ],
    [
      'F78: latency records',
      'app.example.com A is not a weighted record (latency)',
      HOW_TO_REPLACE,
      ([first]: Records) => [
        { name: first!.name, type: 'A', setIdentifier: 'a', other: { Region: 'eu-west-1' } },
      ],
    ],
    [
      'F78: records of another policy that names no field',
      'app.example.com A is not a weighted record (of another policy)',
      HOW_TO_REPLACE,
      ([first]: Records) => [{ name: first!.name, type: 'A', setIdentifier: 'a' }],
    ],
    [
      'a record of a type that the endpoint has no target for',
      'app.example.com AAAA of a is not in the file',
      'put it back into the file, or delete its record in Route 53',
      (records: Records) => [...records, { ...records[0]!, type: 'AAAA', values: ['2001:db8::1'] }],
    ],
  ])('%s holds the service as drift: records', (_, problem, remedy, change) => {
    const world = openWorld({ service });
    world.state.records = change(world.state.records);
    allDown(world);

    const decision = world.round();

    expect(decision).toMatchObject({ automation: 'drift', commit: null });
    expect(decision.reasons.map(sentence)).toEqual([`drift: ${problem}; app is held; ${remedy}`]);
  });

  it('F76: a lost orphan holds the service too', () => {
    const world = openWorld({ service });
    const mark = world.entry('c').mark;
    world.state.service = { ...service, endpoints: service.endpoints.slice(0, 2) };
    world.state.records = world.state.records.filter(({ setIdentifier }) => setIdentifier !== 'c');

    expect(world.decide().reasons).toEqual([
      {
        code: 'records',
        service: 'app',
        problem: `the records of an endpoint that the fence lists (${mark}) are gone`,
        remedy: 'run `quorate adopt app` to forget it',
      },
    ]);
  });

  it('F116: a record of a configured endpoint that the fence does not list holds the service', () => {
    const world = openWorld({ service });
    const added = sampleEndpoint('d');
    world.state.service = { ...service, endpoints: [...service.endpoints, added] };
    world.state.records.push(...recordsFor(service, added, 10));

    const decision = world.decide();

    expect(decision.reasons[0]).toMatchObject({
      problem: 'app.example.com A d exists, but the fence does not list it',
    });
    expect(decision.endpoints[3]).toMatchObject({ from: 10, to: 10 });
  });

  it('tells no weight for an endpoint whose record is not there', () => {
    const world = openWorld({ service });
    world.state.records.shift();

    expect(world.decide().endpoints[0]).toMatchObject({ from: null, to: null });
  });

  it('S9: with fewer than Q usable reports nothing moves: not-quorate', () => {
    const world = openWorld({ service });
    allDown(world);
    for (const vantage of VANTAGES.slice(0, 2)) world.state.reports.set(vantage, null);
    world.state.reports.set(VANTAGES[2]!, { format: 7 });

    const decision = world.round();

    expect(decision).toMatchObject({ automation: 'not-quorate', commit: null, asofAt: null });
    expect(decision.reasons.map(sentence)).toEqual([
      'not quorate: 2 of 5 vantages of app have a usable report, quorum is 3; DNS unchanged (eu-west-1: missing, us-east-1: missing and ap-southeast-1: malformed)',
    ]);
    expect(codesOf(decision)).toEqual({ a: 'no-quorum', b: 'no-quorum', c: 'no-quorum' });
  });

  it('F116: names orphans too while it holds', () => {
    const world = openWorld({ service });
    world.state.service = { ...service, endpoints: service.endpoints.slice(0, 2) };
    for (const vantage of VANTAGES) world.state.reports.set(vantage, null);

    expect(codesOf(world.decide())).toEqual({ a: 'no-quorum', b: 'no-quorum', c: 'orphan' });
  });

  it('asserts all records of an orphan, and shows its smallest weight', () => {
    const dual = sampleService({
      types: ['A', 'AAAA'],
      endpoints: ['a', 'b', 'c'].map((id, i) =>
        sampleEndpoint(id, {
          targets: {
            A: { kind: 'value', value: `203.0.113.${i + 1}` },
            AAAA: { kind: 'value', value: `2001:db8::${i + 1}` },
          },
        }),
      ),
    });
    const world = openWorld({ service: dual });
    world.edit('c', 30, 'AAAA');
    world.state.service = { ...dual, endpoints: dual.endpoints.slice(0, 2) };
    world.see('a', 'down');

    const decision = world.round();

    expect(decision.endpoints[2]).toMatchObject({ endpoint: 'c', from: 30, to: 30 });
    expect(decision.commit?.records).toHaveLength(6);
  });

  it('F54: evidence older than the last commit used changes nothing: stale-evidence', () => {
    const world = openWorld({ service, fence: { asofAt: NOW } });
    world.see('a', 'down');

    const decision = world.round();

    expect(decision).toMatchObject({ automation: 'on', commit: null });
    expect(decision.reasons.map(sentence)).toEqual([
      'waiting: the reports seen here for app (11:59:59Z) are older than what the last commit knew (12:00:00Z); DNS unchanged',
    ]);
    world.pass(SECOND);
    expect(world.round().commit?.fence.asofAt).toBe(NOW);
  });

  it('F120: an older packaging time never commits: superseded-config', () => {
    const world = openWorld({
      service,
      fence: { config: digest('newer-config'), packagedAt: epochMs(PACKAGED_AT + HOUR) },
    });
    world.see('a', 'down');

    const decision = world.round();

    expect(decision.commit).toBeNull();
    expect(decision.reasons.map(sentence)).toEqual([
      "superseded: this region's configuration of app was packaged 00:00:00Z, the one in force 01:00:00Z; deploy here",
    ]);
  });

  it('F120: the same digest packaged later elsewhere does not hold', () => {
    const world = openWorld({ service, fence: { packagedAt: epochMs(PACKAGED_AT + HOUR) } });
    world.see('a', 'down');

    expect(world.round().commit).not.toBeNull();
    expect(world.fence().packagedAt).toBe(PACKAGED_AT + HOUR);
  });

  it('F51: a new configuration enters the fence only with Q reports under it', () => {
    const world = openWorld({
      service,
      fence: { config: digest('older-config'), packagedAt: epochMs(PACKAGED_AT - HOUR) },
    });
    world.state.reportsUnderConfig = 2;
    expect(world.round().commit).toBeNull();
    expect(world.fence().config).toBe('older-config');

    world.state.reportsUnderConfig = 3;
    expect(world.round().commit?.by).toBe('automation');
    expect(world.fence()).toMatchObject({ config: service.digest, packagedAt: PACKAGED_AT });
    expect(world.round().commit).toBeNull();
  });

  it('F51: nothing moves before the new configuration enters: regions that still run the old one act', () => {
    const world = openWorld({
      service,
      fence: { config: digest('older-config'), packagedAt: epochMs(PACKAGED_AT - HOUR) },
    });
    world.state.reportsUnderConfig = 2;
    world.see('a', 'down');

    world.round();

    expect(world.weights().a).toBe(100);
    expect(world.fence().config).toBe('older-config');
  });

  it('F83: a fence and weights gone back together are decided as found, without drift', () => {
    const world = openWorld({ service, fence: { generation: 40 } });
    world.see('a', 'down');
    const kept = structuredClone({
      records: world.state.records,
      fenceValues: world.state.fenceValues,
    });
    world.round();
    world.pass(MINUTE);
    Object.assign(world.state, kept);

    const decision = world.round();

    expect(decision.automation).toBe('on');
    expect(world.weights().a).toBe(0);
    expect(world.fence().generation).toBe(41);
  });

  it('shows freezing before blindness, and drift before both', () => {
    const order = orderOf('freeze', { kind: 'freeze', scope: onService });
    const world = openWorld({ service, orders: [order] });
    for (const vantage of VANTAGES) world.state.reports.set(vantage, null);
    expect(world.decide().automation).toBe('frozen');

    world.edit('a', 3);
    expect(world.decide()).toMatchObject({ automation: 'drift', commit: null });
    expect(codesOf(world.decide()).a).toBe('drift');
  });

  it('F108: an observed service is observing, with the same decision', () => {
    const world = openWorld({ service: { ...service, mode: 'observe' } });
    world.see('a', 'down');

    expect(world.decide()).toMatchObject({ automation: 'observing' });
    expect(world.decide().commit?.records).toHaveLength(3);
  });

  it('knows seven automation states', () => {
    expect(AUTOMATION_STATES).toEqual([
      'on',
      'observing',
      'frozen',
      'not-quorate',
      'drift',
      'blocked',
      'unmanaged',
    ]);
  });
});

describe('what a commit carries', () => {
  it('names every managed record of the service, changed or not', () => {
    const world = openWorld({ service });
    world.see('a', 'down');

    const { commit } = world.decide();

    expect(commit).toMatchObject({ by: 'automation', order: null, isRescue: false });
    expect(
      commit?.records.map(({ before, after }) => [
        after?.setIdentifier,
        before?.weight,
        after?.weight,
      ]),
    ).toEqual([
      ['a', 100, 0],
      ['b', 100, 100],
      ['c', 100, 100],
    ]);
  });

  it('remembers in the fence what the next decision of any region must know', () => {
    const world = openWorld({ service });
    world.see('a', 'down');

    world.round();

    expect(world.entry('a')).toMatchObject({
      weight: 0,
      phase: { kind: 'out' },
      changedAt: NOW,
      outAt: NOW,
      countedAt: NOW,
      relapses: 0,
      fullAt: null,
      approved: false,
    });
    expect(world.fence()).toMatchObject({ asofAt: NOW - SECOND, generation: 42, rescuedAt: null });
  });

  it('keeps the weight that the last commit left of an edited record, so that it stays drift', () => {
    const world = openWorld({ service });
    world.edit('a', 60);
    world.see('b', 'down');

    world.round();

    expect(world.entry('a').weight).toBe(100);
    expect(world.decide().automation).toBe('drift');
  });

  it('carries orders over as they are', () => {
    const orders = [
      orderOf('pin', { kind: 'pin', scope: onEndpoint(service, 'c'), weight: 100 as Weight }),
    ];
    const world = openWorld({ service, orders });
    world.see('a', 'down');

    world.round();

    expect(world.fence().orders).toEqual(orders);
  });

  it('sorts the entries by mark, so that equal states print alike', () => {
    const world = openWorld({ service });
    world.see('a', 'down');
    world.round();
    const marks = world.fence().entries.map(({ mark }) => mark);

    expect(marks).toEqual([...marks].sort());
  });

  it('decides alike on frozen input', () => {
    const world = openWorld({ service });
    world.see('a', 'down');
    const input = world.input();
    const before = structuredClone({ ...input, aids: null });

    decide(input);

    expect({ ...input, aids: null }).toEqual(before);
  });
});

const HOW_TO_REPLACE = 'run `quorate adopt app`, which says how to replace it';
type Records = ReturnType<typeof openWorld>['state']['records'];
