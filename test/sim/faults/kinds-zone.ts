/** People, other tools and other deployments in the zone, past Quorate (faults.md, F73 to F78, F83, F86, F99, F121). */
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { SimWorld } from '../world/world.ts';
import {
  type DrawContext,
  drawn,
  type Kind,
  kind,
  lasting,
  listen,
  MINUTE,
  number,
  type Params,
  SECOND,
  word,
} from './kind.ts';
import { putBack } from './tidy.ts';
import { edit, editFence, editWeights, inZone, replaced } from './zone-edit.ts';

const drawService =
  (more: (context: DrawContext, endpoints: readonly string[]) => Params = () => ({})) =>
  (context: DrawContext): ReturnType<Kind['draw']> => {
    const fit = context.file.services.filter(({ mode }) => mode === 'enforce');
    if (fit.length === 0) return null;
    const service = context.random.pick(fit);
    const ids = service.endpoints.map(({ id }) => id);
    return drawn(lasting(context, 4 * MINUTE, 40 * MINUTE), {
      service: service.id,
      endpoint: context.random.pick(ids),
      repair: context.random.pick(['adopt', 'reassert', 'none', 'none']),
      ...more(context, ids),
    });
  };

/** What an operator does about it in the end; `none`: whoever tidies up later. */
async function repairs(world: SimWorld, service: string, how: string): Promise<void> {
  if (how !== 'adopt' && how !== 'reassert') return;
  putBack(world, service);
  const home = world.firstConfig.home;
  await world.operate(home, service as never, { kind: how }, 'operator').catch(() => undefined);
}

const handEdit = (
  rows: readonly string[],
  what: string,
  act: (world: SimWorld, fault: Parameters<Kind['begin']>[1]) => boolean,
  draw: Kind['draw'] = drawService(),
  share = 2,
): Kind =>
  kind({
    rows,
    what: (fault) => `${word(fault, 'service')}: ${what}`,
    begin: (world, fault, injected) => {
      if (act(world, fault)) injected();
      return () => void repairs(world, word(fault, 'service'), word(fault, 'repair'));
    },
    draw,
    share,
  });

/** Every record of one endpoint. */
const ofEndpoint = (
  world: SimWorld,
  fault: Parameters<Kind['begin']>[1],
  change: (record: ZoneRecord) => ZoneRecord | null,
): boolean => {
  const found = inZone(world, word(fault, 'service'));
  if (found === undefined) return false;
  const own = found.records.filter(
    ({ setIdentifier }) => setIdentifier === word(fault, 'endpoint'),
  );
  const changes = own.flatMap((record) => {
    const after = change(record);
    if (after === record) return [];
    return after === null ? [{ action: 'DELETE' as const, record }] : [...replaced(record, after)];
  });
  return edit(found.zone, 'by hand', changes);
};

const eachRecord = (
  world: SimWorld,
  service: string,
  change: (record: ZoneRecord) => ZoneRecord,
): boolean => {
  const found = inZone(world, service);
  if (found === undefined) return false;
  // One weighted group has one TTL: all go, then all come.
  return edit(found.zone, 'by hand', [
    ...found.records.map((record) => ({ action: 'DELETE' as const, record })),
    ...found.records.map((record) => ({ action: 'CREATE' as const, record: change(record) })),
  ]);
};

const later = (text: string, ms: number, nowMs: number): string =>
  text.replace(/ a=[0-9a-z]+/, ` a=${Math.round(nowMs + ms).toString(36)}`);

export const ZONE_KINDS: Readonly<Record<string, Kind>> = {
  'weight-edited': handEdit(
    ['F73', 'F117'],
    'somebody sets another weight',
    (world, fault) =>
      editWeights(world, word(fault, 'service'), (_, id) =>
        id === word(fault, 'endpoint') ? number(fault, 'weight') : null,
      ) > 0,
    drawService(({ random }) => ({ weight: random.pick([0, 1, 10, 77, 255]) })),
    3,
  ),
  'ttl-edited': handEdit(
    ['F73'],
    'somebody sets another TTL',
    (world, fault) =>
      eachRecord(world, word(fault, 'service'), (record) => ({
        ...record,
        ttlSeconds: number(fault, 'ttl'),
      })),
    drawService(({ random }) => ({ ttl: random.pick([15, 45, 120]) })),
  ),
  'health-check-edited': handEdit(['F73'], 'somebody attaches a health check', (world, fault) =>
    ofEndpoint(world, fault, (record) => ({
      ...record,
      healthCheckId: '3f9c2a10-1111-4222-8333-444455556666',
    })),
  ),
  'target-edited': handEdit(
    ['F115'],
    'a record answers something else than the file says',
    (world, fault) =>
      ofEndpoint(world, fault, (record) => ({
        ...record,
        values: [record.type === 'AAAA' ? '2001:db8::ffff' : '192.0.2.250'],
      })),
  ),
  'record-removed': handEdit(['F76'], 'somebody deletes a record', (world, fault) => {
    let isFirst = true;
    return ofEndpoint(world, fault, (record) => {
      if (!isFirst) return record;
      isFirst = false;
      return null;
    });
  }),
  'foreign-record': handEdit(['F76'], 'somebody adds a weighted record', (world, fault) => {
    const found = inZone(world, word(fault, 'service'));
    const [like] = found?.records ?? [];
    if (found === undefined || like === undefined) return false;
    const record = { ...like, setIdentifier: 'somebody-else', weight: 40 };
    return edit(found.zone, 'a foreign record', [{ action: 'CREATE', record }]);
  }),
  'made-simple': handEdit(
    ['F78'],
    'somebody replaces weighted records with a simple one',
    (world, fault) => {
      const found = inZone(world, word(fault, 'service'));
      const [like] = found?.records ?? [];
      if (found === undefined || like === undefined) return false;
      const group = found.records.filter(
        ({ name, type }) => name === like.name && type === like.type,
      );
      const { setIdentifier, weight, ...simple } = like;
      return edit(found.zone, 'a simple record', [
        ...group.map((record) => ({ action: 'DELETE' as const, record })),
        { action: 'CREATE', record: simple },
      ]);
    },
  ),
  'fence-removed': handEdit(['F74'], 'somebody deletes the fence', (world, fault) =>
    editFence(world, word(fault, 'service'), 'the fence is deleted', () => null),
  ),
  'fence-malformed': handEdit(
    ['F75'],
    'somebody breaks the fence',
    (world, fault) =>
      editFence(world, word(fault, 'service'), 'the fence is broken', (text) => {
        switch (word(fault, 'how')) {
          case 'two-values':
            return [text, 'somebody=verification'];
          case 'version':
            return [text.replace(/^quorate\d+/, 'quorate9')];
          default:
            return [text.slice(0, Math.floor(text.length / 2))];
        }
      }),
    drawService(({ random }) => ({ how: random.pick(['two-values', 'version', 'cut']) })),
  ),
  'fence-from-the-future': handEdit(
    ['F99'],
    "the fence's evidence is in the future",
    (world, fault) =>
      editFence(world, word(fault, 'service'), 'the fence is of the future', (text) => [
        later(text, 30 * MINUTE, world.sim.nowMs()),
      ]),
  ),
  'fence-foreign': handEdit(['F121'], 'another deployment writes its fence here', (world, fault) =>
    editFence(world, word(fault, 'service'), "another deployment's fence", (text) => [
      text.replace(/ d=\S+/, ' d=another'),
    ]),
  ),
  'zone-restored': kind({
    rows: ['F86', 'F83'],
    what: () => 'infrastructure code restores an older zone, byte for byte',
    begin: (world, fault, injected) => {
      let left = number(fault, 'times');
      return listen(world, (event) => {
        if (left === 0 || event.kind !== 'batch-arrived' || event.answer !== 'accepted') return;
        left -= 1;
        const { before } = event;
        world.sim.after(number(fault, 'afterMs'), 'restores', () => {
          world.route53.zones.get(event.batch.zone)?.restore('an older zone', before);
          injected();
        });
      });
    },
    draw: (context) =>
      drawn(lasting(context, 10 * MINUTE, 2 * 60 * MINUTE), {
        times: context.random.integer(1, 2),
        afterMs: context.random.pick([0, SECOND, 20 * SECOND, 90 * SECOND]),
      }),
    share: 3,
  }),
};
