/**
 * Faults that hit an exact moment of a commit: between read and record, record and batch, batch and reply,
 * effect and mark. Each waits for the event that tells of the moment, and strikes that very process.
 */
import type { Batch, ProcessName, WorldEvent } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import {
  type DrawContext,
  drawn,
  HOUR,
  type Injected,
  type Kind,
  kind,
  lasting,
  leftMs,
  listen,
  MINUTE,
  number,
  type Params,
  rounded,
  SECOND,
} from './kind.ts';
import { editWeights } from './zone-edit.ts';

type Moment = { readonly by: ProcessName; readonly service: string | null };
type Strike = (
  world: SimWorld,
  moment: Moment,
  ms: number,
  fault: Parameters<Kind['begin']>[1],
) => boolean;

const serviceIn = ({ comment }: Batch): string | null =>
  /^quorate (\S+) /.exec(comment)?.[1] ?? null;

/** Of automation only: operators' processes are no functions. */
const MOMENTS = {
  'after-record': (event: WorldEvent): Moment | null =>
    event.kind === 'record-written' && event.by.name === 'quorum' && !isFound(event.record.actor)
      ? { by: event.by, service: event.record.service }
      : null,
  'after-send': (event: WorldEvent): Moment | null =>
    event.kind === 'batch-sent' && event.batch.from.name === 'quorum'
      ? { by: event.batch.from, service: serviceIn(event.batch) }
      : null,
  'shared-sent': (event: WorldEvent): Moment | null =>
    event.kind === 'batch-sent' && event.batch.comment.includes(', ')
      ? { by: event.batch.from, service: serviceIn(event.batch) }
      : null,
  'after-effect': (event: WorldEvent): Moment | null =>
    event.kind === 'batch-arrived' &&
    event.answer === 'accepted' &&
    event.batch.from.name === 'quorum'
      ? { by: event.batch.from, service: serviceIn(event.batch) }
      : null,
};

const isFound = (actor: string): boolean =>
  actor.startsWith('found@') || actor.startsWith('observed@');

const drawWindow =
  (more: (context: DrawContext) => Params) =>
  (context: DrawContext): ReturnType<Kind['draw']> =>
    drawn(lasting(context, 10 * MINUTE, 3 * HOUR), {
      chance: rounded(context.random.between(0.3, 1)),
      times: context.random.integer(1, 4),
      ...more(context),
    });

const atMoment = (
  rows: readonly string[],
  what: string,
  moment: (event: WorldEvent) => Moment | null,
  strike: Strike,
  drawMs: (context: DrawContext) => number,
): Kind =>
  kind({
    rows,
    what: () => what,
    begin: (world, fault, injected: Injected) => {
      const random = world.sim.random.fork(`${fault.kind} ${fault.fromMs}`);
      let left = number(fault, 'times');
      return listen(world, (event) => {
        if (left === 0) return;
        const found = moment(event);
        if (found === null || !random.chance(number(fault, 'chance'))) return;
        const ms = Math.min(number(fault, 'ms'), leftMs(world, fault));
        if (ms <= 0 || !strike(world, found, ms, fault)) return;
        left -= 1;
        injected(`${found.by.region}: ${what}`);
      });
    },
    draw: drawWindow((context) => ({ ms: drawMs(context) })),
    share: 3,
  });

const freeze: Strike = (world, { by }, ms) => world.lambda.freezeProcess(by.number, ms, true);
const kill: Strike = (world, { by }) => world.lambda.killProcess(by.number);
const seconds =
  (from: number, to: number) =>
  ({ random }: DrawContext): number =>
    random.integer(from * SECOND, to * SECOND);

export const WINDOW_KINDS: Readonly<Record<string, Kind>> = {
  'slow-writer': atMoment(
    ['F72', 'F97'],
    'a writer falls behind between its record and its batch',
    MOMENTS['after-record'],
    freeze,
    seconds(2, 20),
  ),
  'writer-frozen-after-record': atMoment(
    ['F46'],
    'a writer stands still for minutes between its record and its batch',
    MOMENTS['after-record'],
    freeze,
    ({ random }) => random.integer(31 * SECOND, 20 * MINUTE),
  ),
  'writer-frozen-after-send': atMoment(
    ['F47', 'F98'],
    'a writer stands still between its batch and the reply',
    MOMENTS['after-send'],
    freeze,
    ({ random }) => random.integer(20 * SECOND, 20 * MINUTE),
  ),
  'writer-killed-after-record': atMoment(
    ['F106'],
    'a writer dies between its record and its batch',
    MOMENTS['after-record'],
    kill,
    () => SECOND,
  ),
  'writer-killed-after-send': atMoment(
    ['F106', 'F48'],
    'a writer dies right after it sent its batch',
    MOMENTS['after-send'],
    kill,
    () => SECOND,
  ),
  'writer-killed-after-effect': atMoment(
    ['F106'],
    'a writer dies between the effect of its batch and its mark',
    MOMENTS['after-effect'],
    kill,
    () => SECOND,
  ),
  'writer-times-out-in-batch': atMoment(
    ['F48'],
    'a writer is stopped by its time limit in the middle of a batch',
    MOMENTS['after-send'],
    (world, { by }, ms) => world.lambda.freezeProcess(by.number, ms, false),
    () => 70 * SECOND,
  ),
  'others-zeroed-in-between': atMoment(
    ['F111'],
    'somebody sets every other endpoint to 0 between read and batch',
    MOMENTS['after-record'],
    (world, { service }) =>
      service !== null && editWeights(world, service, (i) => (i === 0 ? null : 0)) > 0,
    () => SECOND,
  ),
  'one-of-a-batch-edited': {
    ...atMoment(
      ['F101'],
      'somebody edits a record of one service of a shared batch while it is on its way',
      MOMENTS['shared-sent'],
      (world, { service }) =>
        service !== null && editWeights(world, service, (i) => (i === 0 ? 77 : null)) > 0,
      () => SECOND,
    ),
    // Files of a swarm have too few services: scripted.
    draw: () => null,
    share: 0,
  },
  'freeze-in-between': atMoment(
    ['F109'],
    'an operator freezes the service between read and batch',
    MOMENTS['after-record'],
    (world, { by, service }, _, fault) => {
      if (service === null || !world.lambda.freezeProcess(by.number, 8 * SECOND, true)) {
        return false;
      }
      const at = world.sim.nowMs();
      const untilAt = Math.min(at + 10 * MINUTE, world.startMs + fault.untilMs);
      if (untilAt <= at + MINUTE) return false;
      void orderQuietly(world, by, {
        kind: 'freeze',
        service,
        fromAt: at,
        untilAt,
        key: `in between ${at}`,
      });
      return true;
    },
    () => SECOND,
  ),
  'adopt-in-between': atMoment(
    ['F109'],
    'an operator adopts the service between read and batch',
    MOMENTS['after-record'],
    (world, { by, service }) => {
      if (service === null || !world.lambda.freezeProcess(by.number, 8 * SECOND, true)) {
        return false;
      }
      void world
        .operate(by.region, service as never, { kind: 'adopt' }, 'somebody')
        .catch(() => undefined);
      return true;
    },
    () => SECOND,
  ),
};

type QuietOrder = {
  readonly kind: 'freeze' | 'drain' | 'pin';
  readonly service: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly weight?: number;
  readonly fromAt: number;
  readonly untilAt: number;
  readonly key: string;
  readonly afterwards?: 'auto' | 'approve';
  readonly force?: boolean;
};

/** What an operator is told is an event; nobody waits for it here. */
export async function orderQuietly(
  world: SimWorld,
  from: Pick<ProcessName, 'region'>,
  asked: QuietOrder,
): Promise<void> {
  const { kind: orderKind, service, endpoint, region, weight, fromAt, untilAt, key } = asked;
  try {
    await world.order(from.region, {
      kind: orderKind,
      scope: {
        service,
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(region === undefined ? {} : { region }),
      },
      weight: weight ?? null,
      fromAt: fromAt as never,
      untilAt: untilAt as never,
      afterwards: asked.afterwards ?? 'auto',
      force: asked.force === true ? ['floor'] : [],
      actor: 'operator',
      reason: 'simulated',
      key,
      timesAsked: `${fromAt} ${untilAt}`,
    });
  } catch {
    // No table, no zone, no such endpoint any more: an operator would be told and try again.
  }
}
