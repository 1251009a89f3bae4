/**
 * What every kind of fault is made of: how it is drawn for a swarm, how it begins and ends, and when it is
 * counted: once it truly took effect, never because it was planned. A fault that ends leaves what it
 * touched as it should be, not as it was before: that may have been another fault's doing.
 */
import type { VantageId } from '../../../shared/core/model.ts';
import type { Random } from '../kernel/random.ts';
import type { FaultKind, Json, PlannedFault } from '../scenario.ts';
import { goodPlace, type PlaceConditions } from '../world/conditions.ts';
import type { SimWorld } from '../world/world.ts';
import { rememberStart } from './memory.ts';
import type { DrawnFile, DrawnService } from './swarm-file.ts';

export { listen } from './memory.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export type Params = { readonly [key: string]: Json };

/** What a swarm knows while it draws: the file, and the time in which its faults lie. */
export type DrawContext = {
  readonly random: Random;
  readonly file: DrawnFile;
  readonly fromMs: number;
  /** Whatever a fault did is over by then. */
  readonly toMs: number;
};
export type DrawnFault = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly params: Params;
};

export type Kind = FaultKind & {
  /** Null: this file, or this time, has no room for it. */
  readonly draw: (context: DrawContext) => DrawnFault | null;
  /** How likely a swarm takes it, beside 1 of most. */
  readonly share: number;
};

export type Injected = (what?: string) => void;
// biome-ignore lint/suspicious/noConfusingVoidType: most faults that happen at once have nothing to end.
type End = (() => void) | void;

export type KindGiven = {
  readonly rows: readonly string[];
  readonly what: (fault: PlannedFault) => string;
  readonly begin: (world: SimWorld, fault: PlannedFault, injected: Injected) => End;
  readonly draw: Kind['draw'];
  readonly share?: number;
};

export const kind = ({ rows, what, begin, draw, share = 1 }: KindGiven): Kind => ({
  rows,
  describe: what,
  draw,
  share,
  begin: (world, fault) => {
    rememberStart(world);
    const injected: Injected = (told = what(fault)) =>
      world.tell({
        kind: 'fault-injected',
        atMs: world.sim.nowMs(),
        id: fault.kind,
        rows,
        what: told,
      });
    return begin(world, fault, injected) ?? (() => undefined);
  },
});

export const word = ({ params, kind: id }: PlannedFault, key: string): string => {
  const value = params[key];
  if (typeof value !== 'string') throw new Error(`${id}: ${key} is no text`);
  return value;
};
export const number = ({ params, kind: id }: PlannedFault, key: string): number => {
  const value = params[key];
  if (typeof value !== 'number') throw new Error(`${id}: ${key} is no number`);
  return value;
};
export const words = ({ params, kind: id }: PlannedFault, key: string): readonly string[] => {
  const value = params[key];
  if (!Array.isArray(value)) throw new Error(`${id}: ${key} is no list`);
  return value.map(String);
};
export const region = (fault: PlannedFault): VantageId => word(fault, 'region') as VantageId;
export const regions = (fault: PlannedFault): readonly VantageId[] =>
  words(fault, 'regions') as readonly VantageId[];

export const placeOf = (world: SimWorld, at: VantageId): PlaceConditions =>
  world.conditions.places.get(at) ?? goodPlace();

/** What is left of the time in which this fault may have effects. */
export const leftMs = (world: SimWorld, { untilMs }: PlannedFault): number =>
  world.startMs + untilMs - world.sim.nowMs();

/** Somewhere in the time there is. */
export function lasting(
  { random, fromMs, toMs }: DrawContext,
  shortest: number,
  longest: number,
): { readonly fromMs: number; readonly untilMs: number } | null {
  const room = toMs - fromMs;
  if (room < shortest) return null;
  const ms = Math.round(random.between(shortest, Math.min(longest, room)));
  const from = Math.round(random.between(fromMs, toMs - ms));
  return { fromMs: from, untilMs: from + ms };
}

export function atOnce({ random, fromMs, toMs }: DrawContext): {
  readonly fromMs: number;
  readonly untilMs: number;
} {
  const at = Math.round(random.between(fromMs, toMs));
  return { fromMs: at, untilMs: at };
}

type Times = { readonly fromMs: number; readonly untilMs: number } | null;

export const drawn = (times: Times, params: Params | null): DrawnFault | null =>
  times === null || params === null ? null : { ...times, params };

/** A region that looks, for so long. */
export const drawPlace =
  (shortest: number, longest: number, more: (context: DrawContext) => Params = () => ({})) =>
  (context: DrawContext): DrawnFault | null =>
    drawn(lasting(context, shortest, longest), {
      region: context.random.pick(context.file.vantages),
      ...more(context),
    });

export const pickService = (
  { random, file }: DrawContext,
  isFit: (service: DrawnService) => boolean = () => true,
): DrawnService | undefined => {
  const fit = file.services.filter(isFit);
  return fit.length === 0 ? undefined : random.pick(fit);
};

/** One endpoint, for so long. */
export const drawEndpoint =
  (
    shortest: number,
    longest: number,
    more: (context: DrawContext, service: DrawnService) => Params | null = () => ({}),
    isFit: (service: DrawnService) => boolean = () => true,
  ) =>
  (context: DrawContext): DrawnFault | null => {
    const service = pickService(context, isFit);
    if (service === undefined) return null;
    const params = more(context, service);
    return drawn(
      lasting(context, shortest, longest),
      params && {
        service: service.id,
        endpoint: context.random.pick(service.endpoints).id,
        ...params,
      },
    );
  };

export const endpointText = (fault: PlannedFault): string =>
  `${word(fault, 'service')}/${word(fault, 'endpoint')}`;

export const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
