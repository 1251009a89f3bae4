/**
 * The real adapter with the real SDK over HTTP, against the local Route 53: the zone contract, and what
 * only a wire can show (how often something is sent, over which connection, in which shape refused).
 */
import { describe, expect, it } from 'vitest';
import { type LocalRoute53, startRoute53 } from '../../scripts/local/route53-server.ts';
import { route53Clients } from '../../shared/adapters/route53-clients.ts';
import { route53Zone } from '../../shared/adapters/route53-zone.ts';
import type { ZoneRef } from '../../shared/core/model.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { type FakeClock, fakeClock } from '../fakes/fake-clock.ts';
import { describeZone, type OpenZone } from './zone-contract.ts';
import { APEX, asserted, FENCE, fence, replacing, weighted } from './zone-samples.ts';

const INSYNC_DELAY_MS = 30_000;
const ZONE: ZoneRef = { key: 'main', id: 'Z0123456789ABCDEFGHIJ' };

type Opened = OpenZone & { readonly server: LocalRoute53; readonly clock: FakeClock };

async function open(records: readonly ZoneRecord[]): Promise<Opened> {
  const clock = fakeClock();
  const server = await startRoute53({
    clock,
    zones: [{ id: ZONE.id, name: APEX, records }],
    insyncDelayMs: INSYNC_DELAY_MS,
    buckets: false,
  });
  const clients = route53Clients({
    region: 'us-east-1',
    endpoint: server.url,
    credentialsOf: () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
  });
  const { faults } = server;
  return {
    server,
    clock,
    zone: route53Zone({ ...clients, clock }),
    ref: ZONE,
    settle: () => clock.advance(INSYNC_DELAY_MS),
    troubleCommit: (trouble) => {
      if (trouble === 'throttled') faults.throttled = true;
      if (trouble === 'busy') faults.busy = 1;
      if (trouble === 'access-denied') faults.denied = true;
      if (trouble === 'lost-before-effect') faults.requestLost = 1;
      if (trouble === 'lost-after-effect') faults.replyLost = 1;
    },
    troubleRead: (trouble) => {
      if (trouble === 'throttled') faults.throttled = true;
      if (trouble === 'unavailable') faults.down = true;
      if (trouble === 'access-denied') faults.denied = true;
    },
    heal: () => Object.assign(faults, { throttled: false, down: false, denied: false }),
    strandPending: () => server.zone(ZONE.id).strandPending(),
    now: clock.now,
    [Symbol.asyncDispose]: async () => {
      clients.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

describeZone({ name: 'Route 53 adapter over the local Route 53', open });

const signal = (): AbortSignal => new AbortController().signal;
const BATCH = replacing(fence('41'), fence('42'));

describe('Route 53 adapter on the wire', () => {
  it.each(['down', 'throttled', 'replyLost', 'requestLost', 'busy'] as const)(
    'sends a batch once, though the reader may try again: %s',
    async (fault) => {
      await using engine = await open([fence('41')]);
      const { faults, counters } = engine.server;
      Object.assign(faults, { [fault]: fault === 'down' || fault === 'throttled' ? true : 1 });

      await engine.zone.commit(ZONE, BATCH, 'test', signal());

      expect(counters.requests).toEqual({ ChangeResourceRecordSets: 1 });
    },
  );

  it('reads over a connection that breaks, by its own retry', async () => {
    await using engine = await open([fence('41')]);
    const { faults, counters } = engine.server;
    Object.assign(faults, { down: true, downAs: '503' });
    const reading = engine.zone.read(ZONE, { from: FENCE, to: FENCE }, signal());
    // The first attempt is answered 503; the server is back before the second.
    while (!counters.requests.ListResourceRecordSets)
      await new Promise((resolve) => setImmediate(resolve));
    faults.down = false;

    expect((await reading).records).toEqual([fence('41')]);
    expect(counters.requests).toEqual({ ListResourceRecordSets: 2 });
  });

  it('asks for no page behind the last name', async () => {
    const records = Array.from({ length: 700 }, (_, n) => ({
      ...weighted('x', 1),
      name: `h${String(n).padStart(4, '0')}.${APEX}`,
    }));
    await using engine = await open(records);
    const stretch = { from: `h0000.${APEX}`, to: `h0299.${APEX}` };

    const { records: read } = await engine.zone.read(ZONE, stretch, signal());

    expect(read).toHaveLength(300);
    expect(engine.server.counters.requests).toEqual({ ListResourceRecordSets: 1 });
  });

  it.each(['list', 'messages'] as const)('reads a refusal in the shape of a %s', async (shape) => {
    await using engine = await open([fence('41'), weighted('a', 100)]);
    engine.server.faults.errorShape = shape;
    engine.server.faults.namesSetIdentifier = true;

    const reply = await engine.zone.commit(
      ZONE,
      [
        { action: 'DELETE', record: fence('40') },
        { action: 'DELETE', record: weighted('a', 99) },
      ],
      'test',
      signal(),
    );

    expect(reply).toEqual({
      kind: 'refused',
      messages: [
        `Tried to delete resource record set [name='${FENCE}.', type='TXT'] but the values provided do not match the current values`,
        `Tried to delete resource record set [name='app.${APEX}.', type='A', set-identifier='a'] but the values provided do not match the current values`,
      ],
    });
  });

  it('takes a protected name for a refusal', async () => {
    await using engine = await open([fence('41')]);
    engine.server.faults.protectedNames = [FENCE];

    expect((await engine.zone.commit(ZONE, BATCH, 'test', signal())).kind).toBe('refused');
  });

  it('loses to a console edit of another record, and changes nothing', async () => {
    await using engine = await open([fence('41'), weighted('a', 100), weighted('b', 100)]);
    engine.server.zone(ZONE.id).edit(replacing(weighted('b', 100), weighted('b', 0)));

    const reply = await engine.zone.commit(
      ZONE,
      [
        ...BATCH,
        ...replacing(weighted('a', 100), weighted('a', 0)),
        ...asserted([weighted('b', 100)]),
      ],
      'test',
      signal(),
    );

    expect(reply.kind).toBe('refused');
    const { records } = await engine.zone.read(ZONE, { from: FENCE, to: FENCE }, signal());
    expect(records).toEqual([fence('41')]);
  });

  it('makes one reader and one writer per role, and asks for credentials by role', async () => {
    const asked: (string | undefined)[] = [];
    const clients = route53Clients({
      region: 'us-east-1',
      credentialsOf: (role) => {
        asked.push(role);
        return { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
      },
    });
    const other: ZoneRef = { ...ZONE, id: 'Z2', role: 'arn:aws:iam::111122223333:role/dns' };

    expect(clients.reader(ZONE)).toBe(clients.reader({ ...ZONE, key: 'second', id: 'Z3' }));
    expect(clients.reader(ZONE)).not.toBe(clients.writer(ZONE));
    expect(clients.reader(other)).not.toBe(clients.reader(ZONE));
    expect(await clients.writer(other).config.maxAttempts()).toBe(1);
    expect(await clients.reader(other).config.maxAttempts()).toBeGreaterThan(1);
    expect(asked).toEqual([undefined, other.role]);
    clients.destroy();
  });
});
