/** `quorate tail`: what happened between two looks, a line each, and the region that goes away meanwhile. */
import { describe, expect, it } from 'vitest';
import {
  decisionEvents,
  incidentEvents,
  isUnfinished,
  seenOf,
  statusEvents,
  TAIL_KINDS,
} from '../../../scripts/cli/tail-events.ts';
import type { DecisionShown } from '../../../shared/api/decisions.ts';
import type { IncidentShown } from '../../../shared/api/incidents.ts';
import type { StatusDocument } from '../../../shared/api/status.ts';
import { apiShell, checksumIn } from './api-shell.ts';

describe('quorate tail', () => {
  it('tells a drain and its end as they happen, a line each, until Ctrl-C', async () => {
    const desk = apiShell();
    const { clock } = desk.api.world;
    const stop = new AbortController();
    const drain = 'drain app us-east-1 --for 2h --reason "bad deploy"';
    const looked = await desk.type(drain);
    clock.schedule(clock.now() + 7_000, () => {
      void desk.start(`${drain} --apply ${checksumIn(looked)}`);
    });
    clock.schedule(clock.now() + 21_000, () => stop.abort(new Error('stopped')));

    const { code, out, err } = await desk.type('tail app', { signal: stop.signal });

    expect(code).toBe(0);
    expect(err).toBe('following app, asking every 5 s; Ctrl-C ends it\n');
    expect(out).toMatch(
      /^00:00:07Z {2}app {2}decision {4}generation 42 by arn:.*\/alice: order \S{8} is given/m,
    );
    expect(out).toMatch(
      /^00:00:07Z {2}app {2}decision {4}generation 42 committed as change C0{12}1$/m,
    );
    expect(out).toMatch(/^00:00:\d\dZ {2}app {2}in-dns {6}us-east-1 in DNS 100 → 0$/m);
    expect(out).toMatch(/^00:00:\d\dZ {2}app {2}order {7}order \S{8}: drain of us-east-1$/m);
    expect(out.match(/generation 42 committed/g)).toHaveLength(1);
  });

  it('with --json streams one object a line', async () => {
    const desk = apiShell();
    const { clock } = desk.api.world;
    const stop = new AbortController();
    clock.schedule(clock.now() + 7_000, () => desk.api.world.editWeight('eu-west-1', 20));
    clock.schedule(clock.now() + 21_000, () => stop.abort(new Error('stopped')));

    const { out, err } = await desk.type('tail --json', { signal: stop.signal });

    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(err).toBe('');
    expect(events).toContainEqual({
      format: 1,
      at: expect.any(Number),
      kind: 'in-dns',
      service: 'app',
      sentence: 'eu-west-1 in DNS 100 → 20',
    });
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'automation',
        sentence: expect.stringContaining('automation on → drift'),
      }),
    );
  });

  it('goes on when every region is away, says so once, and again when one is back', async () => {
    const desk = apiShell();
    const { clock } = desk.api.world;
    const stop = new AbortController();
    const regions = desk.api.world.regions.map(({ id }) => id);
    clock.schedule(clock.now() + 6_000, () => {
      for (const id of regions) desk.faults.set(id, 'down');
    });
    clock.schedule(clock.now() + 26_000, () => desk.faults.clear());
    clock.schedule(clock.now() + 41_000, () => stop.abort(new Error('stopped')));

    const { code, out } = await desk.type('tail', { signal: stop.signal });

    expect(code).toBe(0);
    expect(out.match(/no region answers/g)).toHaveLength(1);
    expect(out.match(/the API answers again/g)).toHaveLength(1);
  });
});

describe('what happened between two looks', () => {
  const base = (
    changes: {
      readonly health?: 'up' | 'down';
      readonly automation?: 'on' | 'frozen';
      readonly vantage?: 'reporting' | 'silent';
    } = {},
  ): StatusDocument => ({
    format: 1,
    deployment: 'd',
    region: 'eu-west-1',
    at: 5_000,
    zoneReadAt: null,
    automation: { on: 1, of: 1 },
    notes: [],
    vantages: [
      {
        vantage: 'us-west-2',
        state: changes.vantage ?? 'reporting',
        ageMs: 1,
        release: 'x',
        why: changes.vantage === 'silent' ? 'its report is old' : null,
      },
    ],
    services: [
      {
        service: 'app',
        mode: 'enforce',
        names: [],
        zone: 'z',
        automation: changes.automation ?? 'on',
        generation: 1,
        quorum: 3,
        usable: 5,
        of: 5,
        reasons: [],
        waitingUntilAt: null,
        orders: [],
        trouble: null,
        endpoints: [
          {
            endpoint: 'us',
            region: 'us-east-1',
            tier: 1,
            health: changes.health ?? 'up',
            degraded: false,
            ups: 1,
            downs: 4,
            of: 5,
            sinceAt: null,
            inDns: 100,
            wanted: 100,
            configured: 100,
            order: null,
            reason: { code: 'x', sentence: 'timeout' },
            withheld: [],
            votes: [],
          },
        ],
      },
    ],
  });
  const decision = (changes: Partial<DecisionShown> = {}): DecisionShown => ({
    record: {
      format: 1,
      service: 'app',
      generation: 42,
      nonce: 'n',
      parent: null,
      region: 'eu-west-1',
      actor: 'quorum@eu-west-1',
      at: 10_000,
      config: 'c',
      lines: [],
      sentences: ['down: us'],
      plan: '',
      checksum: '',
      outbox: [],
    },
    digest: 'd',
    outcome: 'open',
    committedAt: null,
    insyncAt: null,
    seenAt: null,
    changeId: null,
    delivered: [],
    ...changes,
  });
  const sentences = (events: readonly { readonly kind: string; readonly sentence: string }[]) =>
    events.map(({ kind, sentence }) => `${kind} ${sentence}`);

  it('the same twice says nothing', () => {
    expect(statusEvents(base(), base())).toEqual([]);
  });

  it('health, automation and vantages that change say from what to what, and why', () => {
    const after = base({ health: 'down', automation: 'frozen', vantage: 'silent' });

    expect(sentences(statusEvents(base(), after))).toEqual([
      'automation automation on → frozen',
      'health us up → down (4 of 5): timeout',
      'vantage us-west-2 reporting → silent: its report is old',
    ]);
  });

  it('a decision is told step by step, each once, and history not at all', () => {
    const given = [decision()];
    const committed = [decision({ outcome: 'committed', committedAt: 11_000, changeId: 'C1' })];
    const seen = [
      decision({
        outcome: 'committed',
        committedAt: 11_000,
        changeId: 'C1',
        insyncAt: 30_000,
        seenAt: 32_000,
      }),
    ];

    expect(sentences(decisionEvents('app', new Map(), given, 5_000))).toEqual([
      'decision generation 42 by quorum@eu-west-1: down: us',
    ]);
    expect(sentences(decisionEvents('app', seenOf(given), committed, 5_000))).toEqual([
      'decision generation 42 committed as change C1',
    ]);
    expect(sentences(decisionEvents('app', seenOf(committed), seen, 5_000))).toEqual([
      'decision generation 42 is in sync at Route 53',
      'decision generation 42 is answered by every name server',
    ]);
    expect(decisionEvents('app', seenOf(seen), seen, 5_000)).toEqual([]);
    expect(decisionEvents('app', new Map(), seen, 60_000)).toEqual([]);
  });

  it('a change is watched until every name server answers it, but not for ever', () => {
    const committed = seenOf([decision({ outcome: 'committed', committedAt: 11_000 })]);

    expect(isUnfinished(committed, 20_000, 60_000)).toBe(true);
    expect(isUnfinished(committed, 80_000, 60_000)).toBe(false);
    expect(
      isUnfinished(seenOf([decision({ outcome: 'committed', seenAt: 1 })]), 20_000, 60_000),
    ).toBe(false);
    expect(isUnfinished(seenOf([decision({ outcome: 'lost' })]), 20_000, 60_000)).toBe(false);
  });

  it('each step of an incident is told once, in the order in which they happened', () => {
    const incident = (steps: IncidentShown['steps']): IncidentShown => ({
      id: 'i1',
      service: 'app',
      kind: 'endpoint',
      state: 'open',
      title: 'us of app is down',
      endpoints: ['us'],
      openedAt: 1,
      resolvedAt: null,
      detectMs: null,
      recoverMs: null,
      recoverBasis: null,
      steps,
    });
    const vote = { step: 'vote', at: 2, sentence: 'eu-west-1 says down' } as const;
    const verdict = { step: 'verdict', at: 3, sentence: '3 of 5' } as const;

    const first = incidentEvents(new Set(), [incident([vote])]);
    const second = incidentEvents(first.known, [incident([verdict, vote])]);

    expect(sentences(first.events)).toEqual(['incident us of app is down: eu-west-1 says down']);
    expect(sentences(second.events)).toEqual(['incident us of app is down: 3 of 5']);
    expect(TAIL_KINDS).toContain('incident');
  });
});
