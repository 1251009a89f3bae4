/** One service for whoever was woken: its orders with who gave them, its last change, what would change. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../shared/adapters/digest.ts';
import { overridesDocument } from '../../../shared/api/override-document.ts';
import { overridesSchema } from '../../../shared/api/overrides.ts';
import { planDocumentSchema } from '../../../shared/api/plan.ts';
import { planDocument } from '../../../shared/api/plan-document.ts';
import { serviceDocument } from '../../../shared/api/service-document.ts';
import {
  type ServiceDocument,
  serviceDocumentSchema,
  statusSchema,
} from '../../../shared/api/status.ts';
import { statusDocument } from '../../../shared/api/status-document.ts';
import { QuorateError } from '../../../shared/core/errors.ts';
import type { Service } from '../../../shared/core/model.ts';
import { serviceId } from '../../../shared/core/model.ts';
import { recentDecisions } from '../../../shared/rounds/read-decisions.ts';
import { FAKE_START } from '../../fakes/fake-clock.ts';
import { MINUTE, NEVER, type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { drain, look } from './reading.ts';

const app = sampleService();

describe('orders with who gave them', () => {
  it('are told from the records that brought them', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');

    const assessment = await look(world);
    const document = overridesDocument(assessment);

    expect(document.overrides).toEqual([
      {
        id: 'order001',
        service: 'app',
        kind: 'drain',
        covers: 'us-east-1',
        weight: 0,
        fromAt: FAKE_START,
        untilAt: FAKE_START + 30 * MINUTE,
        started: true,
        afterwards: 'auto',
        force: ['floor'],
        actor: 'ann',
        reason: 'bad deploy 4711',
      },
    ]);
    expect(() => v.assert(overridesSchema, document)).not.toThrow();
  });

  it('are shown without a name where no record is here, or the table is away', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');
    const { store } = world.region(0);

    store.trouble('readRecords', { kind: 'refused' });
    const away = overridesDocument(await look(world));
    store.trouble('readReports', { kind: 'refused' });
    const blind = overridesDocument(await look(world));
    for (const key of world.table.records.keys()) world.table.records.delete(key);
    const gone = overridesDocument(await look(world));

    for (const { overrides } of [away, blind, gone]) {
      expect(overrides).toEqual([expect.objectContaining({ actor: null, reason: null })]);
    }
  });

  it('are looked for once by a process that asks often', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');
    const orderRecords = new Map();
    const { store } = world.region(0);
    const before = store.callsOf('readRecords').length;

    await look(world, { orderRecords });
    await look(world, { orderRecords });

    expect(store.callsOf('readRecords')).toHaveLength(before + 1);
  });

  it('are found behind many commits', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');
    const [record] = world.records();
    if (record === undefined) throw new Error('a drain is recorded');
    for (let generation = 100; generation < 320; generation += 1) {
      const { order: _, ...later } = { ...record, generation, actor: 'quorum@eu-west-1' };
      world.table.records.set(`app ${String(generation).padStart(10, '0')}#x`, later);
    }

    const { overrides } = overridesDocument(await look(world));

    expect(overrides[0]?.actor).toBe('ann');
  });
});

describe('the documents of an assessment', () => {
  it('are what the contract says', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    await drain(world, app, 'eu-west-1', 'order001');

    const assessment = await look(world);
    const status = statusDocument(world.config, assessment);
    const service = await documentOf(world, app);
    const plan = planDocument(world.config, assessment);

    expect(() => v.assert(statusSchema, status)).not.toThrow();
    expect(() => v.assert(serviceDocumentSchema, service)).not.toThrow();
    expect(() => v.assert(planDocumentSchema, plan)).not.toThrow();
    expect(status.zoneReadAt).toBe(world.clock.now());
    expect(service).toMatchObject(status.services[0] ?? {});
  });

  it('say of a zone that could not be read why, to a person and to a function in its own words', async () => {
    const pay = sampleService({
      id: serviceId('pay'),
      names: ['pay.example.com'],
      zone: { key: 'other', id: 'Z9999999999' },
    });
    const config = sampleConfig({
      services: [app, pay],
      zones: { main: app.zone, other: pay.zone },
    });
    const world = quorumWorld({ config });

    world.zones.get('Z9999999999')?.failNextRead('throttled');
    const toPerson = await look(world);
    world.zones.get('Z9999999999')?.failNextRead('throttled');
    const toFunction = await look(world, { reader: 'function' });
    const document = serviceDocument(config, toPerson, toPerson.services[1]!, []);

    expect(document).toMatchObject({
      automation: 'unread',
      generation: null,
      fence: { name: '_quorate.pay.example.com', state: 'unread', text: null },
      lastChange: null,
      whatWouldChange: [],
    });
    expect(document.trouble).toBe(toPerson.services[1]?.trouble);
    expect(toFunction.services[1]?.trouble).toContain('Rate exceeded');
    expect(() => v.assert(serviceDocumentSchema, document)).not.toThrow();
  });

  it('are an error only where no zone could be read', async () => {
    const world = quorumWorld();
    world.zone.failNextRead('throttled');

    await expect(look(world)).rejects.toBeInstanceOf(QuorateError);
  });
});

describe('the document of one service', () => {
  it('has the text of the record in DNS, and what would change', async () => {
    const world = quorumWorld();
    for (const endpoint of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) {
      world.sees(endpoint, { vote: 'down', code: 'timeout' });
    }

    const document = await documentOf(world, app);

    expect(document.fence).toEqual({
      name: '_quorate.app.example.com',
      state: 'managed',
      text: world.snapshot().fenceRecord?.values?.[0],
    });
    expect(document.whatWouldChange).toEqual([
      expect.stringMatching(/^eu-west-1 loses its weight by itself at 00:10:00Z/),
      expect.stringMatching(/^us-east-1 loses its weight by itself at 00:10:00Z/),
      expect.stringMatching(
        /^ap-southeast-1 loses its weight by itself once another endpoint is up/,
      ),
    ]);
  });

  it('shows what somebody else left in place of the record', async () => {
    const world = quorumWorld();
    world.editFence(['"v=spf1 -all"']);
    const malformed = await documentOf(world, app);
    world.editFence(null);
    const none = await documentOf(world, app);

    expect(malformed).toMatchObject({
      fence: { state: 'malformed', text: '"v=spf1 -all"' },
      lastChange: null,
    });
    expect(none).toMatchObject({ fence: { state: 'unmanaged', text: null }, lastChange: null });
  });

  it('tells how far the last change has come', async () => {
    const world = quorumWorld({ insyncDelayMs: 30_000 });
    const unknown = await documentOf(world, app);
    await drain(world, app, 'us-east-1', 'order001');
    const pending = await documentOf(world, app);
    await mark(world, 'insync', 31_000);
    const insync = await documentOf(world, app);
    await mark(world, 'seen', 35_000);
    const seen = await documentOf(world, app);

    expect(unknown.lastChange).toEqual({
      generation: 41,
      at: null,
      changeId: null,
      state: 'unknown',
      insyncAt: null,
      seenAt: null,
    });
    expect(pending.lastChange).toMatchObject({
      generation: 42,
      at: FAKE_START,
      state: 'pending',
      changeId: expect.stringMatching(/./),
    });
    expect(insync.lastChange).toMatchObject({ state: 'insync', insyncAt: FAKE_START + 31_000 });
    expect(seen.lastChange).toMatchObject({ state: 'seen', seenAt: FAKE_START + 35_000 });
  });

  it('does not call a change pending that nobody asked about for long', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');
    await world.clock.advance(11 * MINUTE);

    const { lastChange } = await documentOf(world, app);

    expect(lastChange).toMatchObject({ generation: 42, state: 'unknown', at: FAKE_START });
  });
});

async function documentOf(world: QuorumWorld, service: Service): Promise<ServiceDocument> {
  const assessment = await look(world, { services: [service] });
  const deps = { store: world.region(0).store, digestOf: sha256 };
  const recent = await recentDecisions(deps, service.id, NEVER);
  const [assessed] = assessment.services;
  if (assessed === undefined) throw new Error('one service was looked at');
  return serviceDocument(world.config, assessment, assessed, recent);
}

async function mark(world: QuorumWorld, kind: 'insync' | 'seen', afterMs: number): Promise<void> {
  const { generation, nonce } = world.fence();
  const at = (FAKE_START + afterMs) as never;
  const { id, store } = world.region(0);
  const { id: service } = app;
  await store.writeMark({ service, generation, nonce, kind, region: id, at, detail: '' }, NEVER);
}
