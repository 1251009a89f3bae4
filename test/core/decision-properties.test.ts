/** What holds for one decision on any service, reports, fence, hand edits and orders. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/core/decision.ts';
import { digest, epochMs, nonce } from '../../shared/core/model.ts';
import { operate } from '../../shared/core/operation.ts';
import { judgeOutcome } from '../../shared/core/outcome.ts';
import { planChanges, sealPlan } from '../../shared/core/plan.ts';
import { sentence } from '../../shared/core/reason.ts';
import { judge } from '../../shared/core/verdict.ts';
import { recordKey, recordText, type ZoneRecord } from '../../shared/core/zone-record.ts';
import { arbDamaged } from '../arbitraries/fences.ts';
import { arbSetting, type Setting, take } from '../arbitraries/worlds.ts';
import {
  AIDS,
  HOUR,
  NOW,
  openWorld,
  PACKAGED_AT,
  SECOND,
  type World,
} from '../fakes/decision-world.ts';
import { sampleService } from '../fakes/sample-service.ts';

const arbAny = arbSetting({ tiersMax: 3 });
const arbFree = arbSetting({ tiersMax: 3, edits: false, orders: false });
const check = (arbitrary: fc.Arbitrary<Setting>, property: (world: World) => void, numRuns = 150) =>
  fc.assert(
    fc.property(arbitrary, (setting) => property(setting.open())),
    { numRuns },
  );

const groupsOf = (records: readonly ZoneRecord[]): Map<string, number> => {
  const totals = new Map<string, number>();
  for (const { name, type, weight } of records) {
    totals.set(`${name} ${type}`, (totals.get(`${name} ${type}`) ?? 0) + (weight ?? 0));
  }
  return totals;
};
const planOf = (world: World, own = 'own-0042') => {
  const { commit } = world.decide();
  if (commit === null) return null;
  return sealPlan(
    planChanges(
      world.state.service,
      commit,
      world.snapshot(),
      nonce(own),
      world.state.now,
      AIDS.digestOf,
    ),
    digest('record-digest-00000042'),
  );
};
/** Does a change to the world, and its reports, and back: equal decisions before and after? */
const bytes = (world: World): string =>
  JSON.stringify(world.decide(), (_, value) => (value instanceof Map ? [...value] : value));

describe('properties of one decision', () => {
  it('unknown never moves a weight', () => {
    check(arbAny, (world) => {
      for (const { verdict, from, to } of world.decide().endpoints) {
        if (verdict.value === 'unknown') expect(to).toBe(from);
      }
    });
  });

  it('one vantage alone never moves a weight', () => {
    const arb = arbFree.filter(({ service }) => service.vantages.length > 1);
    fc.assert(
      fc.property(arb, fc.nat(6), fc.nat(5), (setting, one, other) => {
        // Everybody agrees on what the zone shows; then one vantage says the opposite.
        const world = setting.open();
        const { service } = setting;
        world.state.reports.clear();
        world.state.lagMs.clear();
        for (const { id } of service.endpoints) world.see(id, 'none');
        const liar = service.vantages[one % service.vantages.length]!;
        const victim = service.endpoints[other % service.endpoints.length]!;
        const before = world.weights();
        world.see(victim.id, before[victim.id] === 0 ? 'up' : 'down', { by: [liar] });
        world.round();

        expect(world.weights()).toEqual(before);
      }),
    );
  });

  it('every endpoint is named, with reason and sentence', () => {
    check(arbAny, (world) => {
      const decision = world.decide();
      const { service } = world.state;

      expect(decision.endpoints.map(({ endpoint }) => endpoint)).toEqual(
        service.endpoints.map(({ id }) => id),
      );
      for (const { endpoint, reason, withheld } of decision.endpoints) {
        for (const one of [reason, ...withheld]) {
          expect(one.endpoint).toBe(endpoint);
          expect(sentence(one)).toContain(endpoint);
        }
      }
      for (const reason of decision.reasons) expect(sentence(reason)).not.toBe('');
    });
  });

  it('no later rule removes more than verdicts and orders asked for', () => {
    check(arbSetting({ tiersMax: 1 }), (world) => {
      for (const { verdict, from, to, configured, reason } of world.decide().endpoints) {
        // With one tier only a down, or a weight above the configured one, makes weight less.
        if (to! < from!) {
          expect(verdict.value === 'down' || (verdict.value === 'up' && to! >= configured)).toBe(
            true,
          );
          expect(reason.code).not.toBe('drift');
        }
      }
    });
  });

  it('never all zero', () => {
    check(
      arbAny,
      (world) => {
        const before = groupsOf(world.state.records);
        world.round();

        for (const [group, total] of groupsOf(world.state.records)) {
          if (before.get(group)! > 0) expect(total).toBeGreaterThan(0);
        }
      },
      300,
    );
  });

  it('no rescue without an up quorum, none over an order', () => {
    check(
      arbAny,
      (world) => {
        const { service } = world.state;
        const decision = world.decide();
        if (!decision.commit?.isRescue) return;

        for (const { endpoint, from, to, verdict, order, reason } of decision.endpoints) {
          if (order !== null) expect(to).toBe(from);
          if (to! > from!) expect(verdict.ups.length).toBeGreaterThanOrEqual(service.quorum);
          if (reason.code === 'rescue-removed') {
            expect(verdict.downs.length).toBeGreaterThanOrEqual(service.quorum);
          }
          expect(endpoint).toBeDefined();
        }
        expect(decision.endpoints.some(({ to, from }) => to! > from!)).toBe(true);
      },
      400,
    );
  });

  it('the settings reach a rescue, a floor, a velocity and every phase', () => {
    const seen = new Set<string>();
    for (const setting of fc.sample(arbAny, { numRuns: 400, seed: 1 })) {
      const decision = setting.open().decide();
      for (const { reason, withheld } of decision.endpoints) {
        for (const one of [reason, ...withheld]) seen.add(one.code);
      }
      for (const one of decision.reasons) seen.add(one.code);
    }

    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        'all-down',
        'awaiting-approval',
        'drained',
        'drift',
        'drift-waits',
        'floor',
        'healthy',
        'hold-down',
        'idle-tier',
        'no-quorum',
        'not-quorate',
        'pinned',
        'quorum-down',
        'ramp',
        'rescue-removed',
        'rescued',
        'returned',
        'service-frozen',
        'tier-entered',
        'unproven',
        'velocity',
      ]),
    );
  });

  it('nothing unproven is removed', () => {
    check(arbAny, (world) => {
      const unproven = new Set(
        world.state.service.endpoints
          .filter(({ id }) => world.entry(id).provenAs === null)
          .map(({ id }) => id),
      );
      for (const { endpoint, from, to, verdict } of world.decide().endpoints) {
        if (unproven.has(endpoint) && verdict.value === 'down') expect(to).toBe(from);
      }
    });
  });

  it('S5: while every endpoint looks down nothing is removed, whatever is proven and whichever tier', () => {
    check(
      arbFree,
      (world) => {
        for (const { id } of world.state.service.endpoints) world.see(id, 'down');

        for (const { from, to } of world.decide().endpoints) expect(to).toBe(from);
      },
      300,
    );
  });

  it('votes on another target than the one served change nothing', () => {
    fc.assert(
      fc.property(arbFree, fc.nat(5), (setting, at) => {
        const world = setting.open();
        const { id } = setting.service.endpoints[at % setting.service.endpoints.length]!;
        world.state.records = world.state.records.map((record) =>
          record.setIdentifier === id
            ? { ...record, values: [record.type === 'A' ? '198.51.100.99' : '2001:db8::99'] }
            : record,
        );
        const decision = world.decide();
        const own = decision.endpoints.find(({ endpoint }) => endpoint === id)!;

        expect(own.to).toBe(own.from);
        expect(own.reason.code).toBe('not-what-is-served');
        const entry = decision.commit?.fence.entries.find(
          ({ mark }) => mark === world.entry(id).mark,
        );
        if (entry !== undefined) expect(entry).toEqual(world.entry(id));
      }),
      { numRuns: 150 },
    );
  });

  it('a drained endpoint has weight 0 and still shows its real verdict', () => {
    fc.assert(
      fc.property(arbFree, fc.nat(5), (setting, at) => {
        const world = setting.open();
        const endpoints = setting.service.endpoints;
        const endpoint = endpoints[at % endpoints.length]!;
        world.state.service = { ...setting.service, mode: 'enforce' };
        const operated = world.operate({
          kind: 'order',
          order: {
            id: 'drain000' as never,
            kind: 'drain',
            scope: { kind: 'endpoint', mark: world.entry(endpoint.id).mark },
            weight: 0 as never,
            fromAt: NOW,
            untilAt: epochMs(NOW + HOUR),
            afterwards: 'auto',
            force: ['floor'],
            started: true,
          },
        });
        if (operated.kind === 'refused') return;
        const own = world.decide().endpoints.find((one) => one.endpoint === endpoint.id)!;

        expect(own).toMatchObject({ from: 0, to: 0, reason: { code: 'drained' } });
        // Only up votes from before the drain may be missing: they can't vouch for the way back.
        const real = judge(setting.service, world.votes(), new Map()).get(endpoint.id)!;
        expect([real.value, 'unknown']).toContain(own.verdict.value);
        if (real.value === 'down') expect(own.verdict.value).toBe('down');
        world.round();
        expect(world.weights()[endpoint.id]).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('an ended order changes nothing', () => {
    check(arbSetting({ tiersMax: 3, edits: false }), (world) => {
      const ended = world
        .fence()
        .orders.map((order) => ({ ...order, untilAt: epochMs(world.state.now) }));
      world.writeFence({ ...world.fence(), orders: ended });
      const before = world.weights();
      const decision = world.decide();

      for (const { endpoint, order, to } of decision.endpoints) {
        if (order !== null) expect(to).toBe(before[endpoint]);
      }
      const step = world.orderRound();
      if (step.commit !== null) expect(world.weights()).toEqual(before);
    });
  });

  it('a weight edited by hand is carried over as read', () => {
    fc.assert(
      fc.property(arbAny, fc.nat(5), fc.integer({ min: 0, max: 255 }), (setting, at, weight) => {
        const world = setting.open();
        const endpoint = setting.service.endpoints[at % setting.service.endpoints.length]!;
        fc.pre(world.entry(endpoint.id).weight !== weight);
        world.edit(endpoint.id, weight);
        world.round();

        expect(world.weights()[endpoint.id]).toBe(weight);
        expect(world.decide().automation).toBe('drift');
      }),
    );
  });

  it('an order holds against automation: no automated commit gives what it covers another weight', () => {
    check(arbAny, (world) => {
      const decision = world.decide();
      for (const { order, from, to } of decision.endpoints) {
        if (order !== null) expect(to).toBe(from);
      }
      const freezes = world
        .fence()
        .orders.some(
          (one) => one.kind === 'freeze' && one.started && one.untilAt > world.state.now,
        );
      if (freezes) expect(decision.commit).toBeNull();
    });
  });

  it('while not enough vantages are usable nothing changes, whatever the rest says', () => {
    fc.assert(
      fc.property(arbAny, fc.nat(6), (setting, keep) => {
        const world = setting.open();
        const { vantages, quorum } = setting.service;
        const usable = keep % quorum;
        for (const vantage of vantages.slice(usable)) world.state.reports.set(vantage, null);
        const before = structuredClone(world.state.records);

        expect(world.round().commit).toBeNull();
        expect(world.state.records).toEqual(before);
      }),
    );
  });

  it('no damage to the fence makes a decision throw or move a weight unseen', () => {
    fc.assert(
      fc.property(arbFree, arbDamaged, fc.boolean(), (setting, value, twice) => {
        const world = setting.open();
        world.state.fenceValues = twice ? [value, value] : [value];
        const decision = world.decide();

        expect(['blocked', 'drift', 'unmanaged']).toContain(decision.automation);
        expect(decision.commit).toBeNull();
      }),
    );
  });

  it('no records of others make a decision throw', () => {
    const arbRecord: fc.Arbitrary<ZoneRecord> = fc.record(
      {
        name: fc.constantFrom('app.example.com', 'other.example.com', '_quorate.app.example.com'),
        type: fc.constantFrom('A', 'AAAA', 'CNAME', 'TXT', 'MX', 'NS'),
        setIdentifier: fc.constantFrom('a', 'b', 'stranger', ''),
        weight: fc.integer({ min: 0, max: 255 }),
        values: fc.array(fc.string(), { maxLength: 2 }),
      },
      { requiredKeys: ['name', 'type'] },
    );
    fc.assert(
      fc.property(
        arbFree,
        fc.array(arbRecord, { minLength: 1, maxLength: 3 }),
        (setting, extra) => {
          const world = setting.open();
          const before = world.weights();
          const taken = new Set(world.state.records.map(recordKey));
          const foreign = extra.filter(
            (one) => one.type !== 'TXT' && !taken.has(recordKey(one)) && taken.add(recordKey(one)),
          );
          world.state.records.push(...foreign);
          const decision = world.decide();

          expect(decision.endpoints.map(({ endpoint }) => endpoint as string)).toEqual(
            expect.arrayContaining(Object.keys(before)),
          );
          const isHeld = foreign.some(
            (one) => one.name === 'app.example.com' && ['A', 'AAAA', 'CNAME'].includes(one.type),
          );
          if (isHeld) expect(decision).toMatchObject({ automation: 'drift', commit: null });
        },
      ),
    );
  });

  it('same input, same bytes', () => {
    fc.assert(
      fc.property(arbAny, fc.nat(), (setting, salt) => {
        const one = setting.open();
        const other = setting.open();
        // The zone lists in any order, the table answers in any order.
        other.state.records = [...other.state.records].sort(
          (a, b) => (((a.weight ?? 0) * salt) % 7) - (((b.weight ?? 0) * salt) % 7),
        );
        other.state.sights = new Map([...other.state.sights].reverse());

        expect(bytes(other)).toBe(bytes(one));
        expect(planOf(other)?.checksum).toBe(planOf(one)?.checksum);
      }),
    );
  });

  it('a decision never changes what it was given', () => {
    check(
      arbAny,
      (world) => {
        const input = world.input();
        const copy = structuredClone({ ...input, aids: null });
        decide(input);

        expect({ ...input, aids: null }).toEqual(copy);
      },
      50,
    );
  });
});

describe('properties of a plan', () => {
  it('applying it to the records read yields the decision', () => {
    check(arbAny, (world) => {
      const decision = world.round();
      if (decision.commit === null) return;
      const after = world.weights();

      for (const { endpoint, to, reason } of decision.endpoints) {
        if (reason.code !== 'drift') expect(after[endpoint]).toBe(to);
      }
      expect(world.fence().asofAt).toBe(decision.asofAt);
    });
  });

  it('planning again is empty', () => {
    check(
      arbAny,
      (world) => {
        const first = world.round();
        if (first.commit === null) return;
        const again = world.decide();

        expect(again.endpoints.map(({ to }) => to)).toEqual(
          again.endpoints.map(({ from }) => from),
        );
        // After a rescue an endpoint of an idle tier may still be noted as back, without any weight.
        if (!first.commit.isRescue) expect(again.commit).toBeNull();
      },
      400,
    );
  });

  it('every DELETE equals a record as read, every field', () => {
    check(arbAny, (world) => {
      world.state.records = world.state.records.map((record, i) => ({
        ...record,
        ttlSeconds: 7 + i,
        healthCheckId: `check-${i}`,
        other: { CidrRoutingConfig: { CollectionId: `c${i}` } },
      }));
      const read = world.snapshot();
      const plan = planOf(world);
      if (plan === null) return;
      const standing = new Set([...read.records, read.fenceRecord!].map(recordText));
      const deletes = plan.changes.filter(({ action }) => action === 'DELETE');

      expect(deletes.every(({ record }) => standing.has(recordText(record)))).toBe(true);
      for (const { record } of plan.changes.filter((one) => one.action === 'CREATE').slice(1)) {
        const before = read.records.find(
          (one) => one.type === record.type && one.setIdentifier === record.setIdentifier,
        )!;
        expect({ ...record, weight: 0 }).toEqual({ ...before, weight: 0 });
      }
    });
  });

  it('every managed record is in the batch', () => {
    check(arbAny, (world) => {
      const plan = planOf(world);
      if (plan === null) return;
      const keys = (records: readonly ZoneRecord[]) =>
        records.map(({ name, type, setIdentifier }) => `${name} ${type} ${setIdentifier}`).sort();
      const side = (action: string) =>
        keys(
          plan.changes
            .filter((one) => one.action === action)
            .slice(1)
            .map(({ record }) => record),
        );

      expect(side('DELETE')).toEqual(keys(world.state.records));
      expect(side('CREATE')).toEqual(keys(world.state.records));
      expect(plan.changes.slice(0, 2).map(({ action, record }) => [action, record.type])).toEqual([
        ['DELETE', 'TXT'],
        ['CREATE', 'TXT'],
      ]);
    });
  });

  it('an edit of any record between read and send refuses the batch', () => {
    fc.assert(
      fc.property(arbFree, fc.nat(), fc.integer({ min: 0, max: 255 }), (setting, at, weight) => {
        const world = setting.open();
        const { commit } = world.decide();
        fc.pre(commit !== null);
        const record = world.state.records[at % world.state.records.length]!;
        fc.pre(record.weight !== weight);
        const snapshot = world.snapshot();
        const plan = sealPlan(
          planChanges(setting.service, commit, snapshot, nonce('own-0042'), NOW, AIDS.digestOf),
          digest('record-digest-00000042'),
        );
        world.edit(record.setIdentifier!, weight);

        expect(land(world, plan)).toBe(false);
        expect(judgeOutcome(plan, world.snapshot(), { isFinal: true, why: '' }).kind).toBe('drift');
      }),
    );
  });
});

describe('properties of compare-and-set', () => {
  const down = (): World => {
    const world = openWorld({ service: sampleService() });
    world.see('us-east-1', 'down');
    return world;
  };

  it('of N concurrent writers on one generation exactly one commits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }).chain((count) =>
          fc.shuffledSubarray(
            Array.from({ length: count }, (_, i) => i),
            { minLength: count },
          ),
        ),
        (order) => {
          const world = down();
          const plans = order.map((i) => planOf(world, `writer-${i}`)!);
          const landed = plans.filter((plan) => land(world, plan));

          expect(landed).toEqual([plans[0]]);
          expect(world.fence()).toMatchObject({
            generation: 42,
            nonce: plans[0]!.nonce,
            parentNonce: 'nonce041',
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('a lost reply is told apart from a lost race', () => {
    const arbEvent = fc.constantFrom('ours', 'theirs', 'nothing');
    fc.assert(
      fc.property(fc.array(arbEvent, { maxLength: 3 }), fc.boolean(), (events, isFinal) => {
        const world = down();
        const plan = planOf(world)!;
        let truth = 'open';
        for (const [i, event] of events.entries()) {
          if (event === 'ours' && land(world, plan)) truth = 'committed';
          if (event === 'theirs' && truth !== 'committed') {
            // One successor at most: with more of them the records tell.
            truth = truth === 'open' ? 'lost' : truth;
            world.writeFence({
              ...world.fence(),
              nonce: nonce(`theirs-${i}`),
              parentNonce: world.fence().nonce,
            });
          } else if (event === 'theirs' && world.fence().nonce === plan.nonce) {
            world.writeFence({
              ...world.fence(),
              nonce: nonce(`theirs-${i}`),
              parentNonce: plan.nonce,
            });
          }
        }
        const { kind } = judgeOutcome(plan, world.snapshot(), { isFinal, why: '' });

        expect(kind).toBe(truth === 'open' ? (isFinal ? 'blocked' : 'unresolved') : truth);
      }),
    );
  });

  it('an automated commit never has an older asof, an order’s or operator’s is never stopped by it', () => {
    fc.assert(
      fc.property(arbFree, fc.integer({ min: -30, max: 6 }), (setting, seconds) => {
        const world = setting.open();
        world.state.service = { ...setting.service, mode: 'enforce' };
        const asofAt = epochMs(NOW + seconds * SECOND);
        fc.pre(seconds <= 5);
        world.writeFence({ ...world.fence(), asofAt });
        const { commit } = world.decide();
        if (commit !== null) expect(commit.fence.asofAt).toBeGreaterThanOrEqual(asofAt);
        const endpoint = setting.service.endpoints[0]!;
        const operated = world.operate({
          kind: 'order',
          order: {
            id: 'pin00000' as never,
            kind: 'pin',
            scope: { kind: 'endpoint', mark: world.entry(endpoint.id).mark },
            weight: 200 as never,
            fromAt: NOW,
            untilAt: epochMs(NOW + HOUR),
            afterwards: 'auto',
            force: ['floor'],
            started: true,
          },
        });

        if (operated.kind === 'planned') expect(world.fence().asofAt).toBe(asofAt);
        else expect([...groupsOf(world.state.records).values()]).toContain(0);
      }),
    );
  });

  it('an older packaging time never commits', () => {
    fc.assert(
      fc.property(arbFree, fc.integer({ min: 1, max: HOUR }), fc.boolean(), (setting, ms, same) => {
        const world = setting.open();
        world.writeFence({
          ...world.fence(),
          packagedAt: epochMs(PACKAGED_AT + ms),
          config: same ? setting.service.digest : 'another-config',
        });
        const { commit, reasons } = world.decide();

        if (same) expect(reasons.some(({ code }) => code === 'superseded-config')).toBe(false);
        else {
          expect(commit).toBeNull();
          expect(operate({ kind: 'reassert' }, world.input()).kind).toBe('refused');
        }
        // Whoever commits, the time in the fence does not go back.
        if (commit !== null) expect(commit.fence.packagedAt).toBe(PACKAGED_AT + ms);
      }),
    );
  });

  it('no operation throws, and a refused one says why and changes nothing', () => {
    const arbSteps = arbSetting({ tiersMax: 3, steps: 6 });
    fc.assert(
      fc.property(arbSteps, (setting) => {
        const world = setting.open();
        world.state.service = { ...setting.service, mode: 'enforce' };
        for (const step of setting.steps) take(world, step);
        const orders = world.fence().orders.map(({ id }) => id);
        for (const operation of [
          { kind: 'adopt' } as const,
          { kind: 'apply' } as const,
          { kind: 'reassert' } as const,
          ...setting.service.endpoints.map(
            ({ id }) => ({ kind: 'approve', endpoint: id }) as const,
          ),
          ...setting.service.endpoints.map(({ id }) => ({ kind: 'retire', endpoint: id }) as const),
          ...orders.map((order) => ({ kind: 'cancel', order }) as const),
          ...orders.map(
            (order) =>
              ({ kind: 'extend', order, untilAt: epochMs(world.state.now + HOUR) }) as const,
          ),
        ]) {
          const before = structuredClone(world.state.records);
          const { asofAt } = world.fence();
          const operated = world.operate(operation);

          expect(world.fence().asofAt).toBe(asofAt);
          if (operated.kind !== 'planned') {
            expect(operated.why.length).toBeGreaterThan(10);
            expect(world.state.records).toEqual(before);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Route 53: every DELETE matches and every CREATE is new, or nothing happens. */
function land(world: World, plan: NonNullable<ReturnType<typeof planOf>>): boolean {
  const standing = [...world.state.records, world.snapshot().fenceRecord!].map(recordText);
  for (const { action, record } of plan.changes) {
    if (action === 'DELETE' && !standing.includes(recordText(record))) return false;
  }
  for (const { action, record } of plan.changes) world.change(action, record);
  return true;
}
