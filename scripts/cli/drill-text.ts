/** A drill as people read it: the plan and its arithmetic before, its story and its figures after. */
import type { DrillService } from '../../shared/core/drill.ts';
import {
  type DetectionPromise,
  detectionText,
  drillsShown,
  drillText,
  slowest,
} from '../../shared/core/drill-report.ts';
import { floorOf } from '../../shared/core/floor.ts';
import { percentOf, type Service } from '../../shared/core/model.ts';
import { momentText, span } from '../../shared/core/phrase.ts';
import type { DrillLine, Played } from './drill-play.ts';
import type { Paint } from './paint.ts';

export type DrillPlanDocument = {
  readonly region: string;
  readonly forMs: number;
  readonly goalMs: number;
  readonly dryRun: true;
  readonly checksum: string | null;
  readonly applyWith: string | null;
  readonly services: readonly {
    readonly service: string;
    readonly generation: number | null;
    readonly leaves: number;
    readonly of: number;
    readonly floorPercent: number;
    readonly sentence: string;
  }[];
  readonly obstacles: readonly string[];
  readonly detection: readonly DetectionPromise[];
  readonly incidents: readonly {
    readonly title: string;
    readonly openedAt: number;
    readonly detectMs: number | null;
    readonly recoverMs: number | null;
  }[];
};

/** What stays in service while the region is drained. */
export function leftIn(service: Service, look: DrillService, region: string) {
  const tier = Math.min(...service.endpoints.map((one) => one.tier));
  const own = service.endpoints.filter((one) => one.tier === tier);
  const weightOf = (id: string): number =>
    look.endpoints.find((one) => one.endpoint === id)?.inDns ?? 0;
  const sum = (all: typeof own): number => all.reduce((total, one) => total + weightOf(one.id), 0);
  return {
    leaves: sum(own.filter((one) => String(one.region) !== region)),
    of: sum(own),
    floorPercent: floorOf(service, tier),
  };
}

export function drillPlanText(document: DrillPlanDocument, paint: Paint): string {
  const { region, forMs, goalMs, services, obstacles, detection, incidents } = document;
  const refused = obstacles.length > 0;
  return [
    paint.bold(
      refused
        ? paint.red(`refused: a drill of ${region} can't begin now`)
        : `drill of ${region} for ${span(forMs)}   dry run`,
    ),
    ...obstacles.map((one) => paint.red(`  ✗ ${one}`)),
    ...services.map(
      ({ service, leaves, of, floorPercent, sentence }) =>
        `  ${service}   leaves ${leaves} of ${of} (${percentOf(leaves, of)} %) in service, floor is ${floorPercent} %; ${sentence}`,
    ),
    `  goal: seen at every name server ${span(goalMs)} after the order`,
    '  it stops, and its orders go at once, on: another endpoint that is not up, automation that is not on, anything withheld, too few vantages, another order, Ctrl-C',
    '  if this process dies, the region returns at the end of its order by itself',
    ...detection.map((one) => paint.dim(`  ${detectionText(one)}`)),
    ...incidents.map((one) => paint.dim(`  measured then: ${incidentText(one)}`)),
    ...(document.checksum === null || refused
      ? []
      : [
          `${paint.bold(`plan ${document.checksum}`)}   nothing was changed; to drill exactly this:`,
          `  ${document.applyWith ?? ''}`,
        ]),
  ].join('\n');
}

const incidentText = ({
  title,
  openedAt,
  detectMs,
  recoverMs,
}: DrillPlanDocument['incidents'][number]): string =>
  `${momentText(openedAt)} ${title}: detected after ${duration(detectMs)}, traffic away after ${duration(recoverMs)}`;

export const drillLineText = ({ afterMs, what, service }: DrillLine): string =>
  `+${(afterMs / 1_000).toFixed(1).padStart(6)} s  ${service === undefined ? '' : `${service}: `}${what}`;

export function playedText(
  played: Played,
  detection: readonly DetectionPromise[],
  paint: Paint,
): string {
  const [shown] = drillsShown([played]);
  const seenMs = slowest(played.measures);
  const isGood =
    played.step === 'over' &&
    played.restored === true &&
    seenMs !== null &&
    seenMs <= played.goalMs;
  const title = shown === undefined ? played.sentence : drillText(shown);
  return [
    paint.bold(isGood ? paint.green(title) : paint.red(title)),
    ...played.measures.map(
      ({ service, generation, commitMs, insyncMs, seenMs: seen, restoredMs }) =>
        `  ${service}   generation ${generation ?? '-'}: order → commit ${duration(commitMs)}, INSYNC ${duration(insyncMs)}, seen in DNS ${duration(seen)}, back at full weight ${duration(restoredMs)}`,
    ),
    ...sharesText(played),
    ...played.notes.map((note) => paint.yellow(`  note: ${note}`)),
    ...detection.map((one) => paint.dim(`  ${detectionText(one)}`)),
  ].join('\n');
}

/** Only where it changed: a share that stays says nothing new. */
function sharesText({ shares, region }: Played): readonly string[] {
  return [...Map.groupBy(shares, ({ service }) => service)].map(([service, own]) => {
    const turns = own.filter(({ percent }, i) => percent !== own[i - 1]?.percent);
    const shown = turns.slice(0, TURNS_SHOWN);
    const rest = turns.length > shown.length ? ', …' : '';
    return `  ${service}   answers that name ${region}: ${shown.map(({ afterMs, percent }) => `${percent} % at ${Math.round(afterMs / 1_000)} s`).join(', ')}${rest}`;
  });
}

const TURNS_SHOWN = 12;

const duration = (ms: number | null): string =>
  ms === null ? 'not measured' : `${(ms / 1_000).toFixed(1)} s`;
