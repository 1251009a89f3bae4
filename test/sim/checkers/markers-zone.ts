/** What batches met on their way, and what stood in the zone. The fence is read as plain text. */
import type { Scenario } from '../scenario.ts';
import type { Batch, WorldEvent, ZoneState } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import type { MarkerPart, Meet } from './markers.ts';

const QUIET_FOR_MS = 8 * 60_000;
const NEAR_LIMIT = 3_400;

type Arrived = Extract<WorldEvent, { kind: 'batch-arrived' }>;
type Kept = {
  readonly process: number;
  readonly generations: ReadonlyMap<string, number>;
  isAccepted: boolean;
  isUnknown: boolean;
};

/** `quorate app 7, pay 3`. */
const generationsIn = ({ comment }: Batch): ReadonlyMap<string, number> =>
  new Map(
    comment
      .replace(/^quorate /, '')
      .split(', ')
      .map((part) => {
        const [service = '', generation = ''] = part.split(' ');
        return [service, Number(generation)] as const;
      }),
  );

const fenceTexts = (state: ZoneState): ReadonlyMap<string, string> =>
  new Map(
    [...state.values()].flatMap(({ name, type, values }) =>
      type === 'TXT' && name.startsWith('_quorate.')
        ? [[name, (values?.[0] ?? '').replaceAll('" "', '').replaceAll('"', '')] as const]
        : [],
    ),
  );
const generationOf = (text: string | undefined): number =>
  Number(/ g=(\d+)/.exec(text ?? '')?.[1] ?? Number.NaN);
const configOf = (text: string | undefined): string => / c=(\S+)/.exec(text ?? '')?.[1] ?? '';

export function zoneMarkers(world: SimWorld, _: Scenario, meet: Meet): MarkerPart {
  const batches = new Map<number, Kept>();
  /** By process: unknown and committed, until it looks again. */
  const unseen = new Map<number, Kept>();
  const refusedShared = new Map<number, ReadonlySet<string>>();
  const senders = new Map<string, Set<string>>();
  const losers = new Set<string>();
  let lastAcceptedAtMs = 0;
  let quietSinceMs: number | null = null;

  const sent = (batch: Batch): void => {
    const generations = generationsIn(batch);
    batches.set(batch.number, {
      process: batch.from.number,
      generations,
      isAccepted: false,
      isUnknown: false,
    });
    const [[service, generation] = ['', 0]] = generations;
    if (generations.size === 1 && refusedShared.get(batch.from.number)?.has(service) === true) {
      meet('service-of-a-refused-batch-tried-alone');
    }
    if (batch.from.name !== 'quorum') return;
    const key = `${service} ${generation}`;
    const known = senders.get(key) ?? new Set();
    if (known.has(batch.from.region)) return;
    known.add(batch.from.region);
    senders.set(key, known);
    if (known.size === batch.from.config.vantages.length) meet('all-evaluators-raced-one-decision');
  };
  const arrived = (event: Arrived): void => {
    const { batch, answer, before, after } = event;
    const kept = batches.get(batch.number);
    if (answer === 'busy') meet('prior-request-not-complete');
    if (answer === 'refused') {
      if (kept !== undefined && kept.generations.size > 1) {
        refusedShared.set(batch.from.number, new Set(kept.generations.keys()));
      }
      lookAtLoser(batch, before);
    }
    if (answer !== 'accepted') return;
    lastAcceptedAtMs = event.atMs;
    if (kept !== undefined) {
      if (kept.isUnknown) meet('batch-applied-after-its-client-gave-up');
      kept.isAccepted = true;
    }
    const [olds, news] = [fenceTexts(before), fenceTexts(after)];
    for (const [name, text] of news) {
      const old = olds.get(name);
      if (old === text) continue;
      if (old !== undefined && configOf(old) !== configOf(text)) {
        meet('new-configuration-entered-the-fence');
      }
      if (text.length > NEAR_LIMIT) meet('fence-near-its-size-limit');
    }
    lookAtTtl(batch);
  };
  const lookAtLoser = (batch: Batch, before: ZoneState): void => {
    if (batch.from.name !== 'quorum') return;
    const fences = fenceTexts(before);
    for (const service of batch.from.config.services) {
      const planned = generationsIn(batch).get(service.id);
      const standing = generationOf(fences.get(`_quorate.${service.names[0]}`));
      if (planned === undefined || standing < planned) continue;
      losers.add(batch.from.region);
      if (losers.size === batch.from.config.vantages.length) {
        meet('each-region-lost-a-compare');
        losers.clear();
      }
    }
  };
  const lookAtTtl = ({ changes, from }: Batch): void => {
    for (const { action, record } of changes) {
      if (action !== 'CREATE' || record.type === 'TXT') continue;
      const own = from.config.services.find(({ names }) => names.includes(record.name));
      if (own !== undefined && record.ttlSeconds !== own.ttlSeconds) {
        meet('ttl-edited-and-taken-over');
        return;
      }
    }
  };
  const wentBack = (before: ZoneState, after: ZoneState): void => {
    const news = fenceTexts(after);
    for (const [name, text] of fenceTexts(before)) {
      if (generationOf(news.get(name)) < generationOf(text)) meet('generation-went-back');
    }
  };

  return {
    look: (event) => {
      switch (event.kind) {
        case 'batch-sent':
          sent(event.batch);
          return;
        case 'batch-arrived':
          arrived(event);
          return;
        case 'batch-answered': {
          const kept = batches.get(event.batch.number);
          if (kept === undefined || event.reply !== 'unknown') return;
          kept.isUnknown = true;
          if (!kept.isAccepted) return;
          meet('unknown-outcome-that-had-committed');
          unseen.set(kept.process, kept);
          return;
        }
        case 'zone-read': {
          const kept = unseen.get(event.by.number);
          if (kept === undefined) return;
          unseen.delete(event.by.number);
          const fences = fenceTexts(event.state);
          for (const service of event.by.config.services) {
            const planned = kept.generations.get(service.id);
            const standing = generationOf(fences.get(`_quorate.${service.names[0]}`));
            if (planned !== undefined && standing >= planned + 2) {
              meet('success-hidden-behind-a-successor');
            }
          }
          return;
        }
        case 'zone-stranded':
          meet('change-stranded');
          wentBack(event.before, event.after);
          return;
        case 'zone-edited':
          lastAcceptedAtMs = event.atMs;
          wentBack(event.before, event.after);
          return;
        case 'phase':
          if (event.phase === 'quiet') quietSinceMs = event.atMs;
          return;
        default:
      }
    },
    atEnd: () => {
      for (const { isUnknown, isAccepted } of batches.values()) {
        if (isUnknown && !isAccepted) meet('unknown-outcome-that-had-not');
      }
      const now = world.sim.nowMs();
      if (quietSinceMs !== null && now - Math.max(quietSinceMs, lastAcceptedAtMs) > QUIET_FOR_MS) {
        meet('stable-after-recovery');
      }
    },
  };
}
