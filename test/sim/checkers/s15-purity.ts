/**
 * S15: equal inputs give equal decisions, in every region. Two rounds that had the same reports, the same
 * zone and the same file, and between whose clocks no time ran out that a rule looks at, must have decided
 * the same, to the letter of the reason's code.
 */
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { QuorumResult } from '../../../shared/rounds/quorum-result.ts';
import type { MakeChecker } from '../scenario.ts';
import type { ProcessName } from '../world/events.ts';
import { type FenceText, fenceOf } from './fence-text.ts';
import { bookOf } from './safety-book.ts';
import { freshMs } from './safety-votes.ts';

type Decided = {
  readonly by: string;
  readonly result: QuorumResult;
  readonly fence: FenceText;
  readonly reports: ReadonlyMap<string, unknown>;
};
const DECIDED_MAX = 64;
const HOUR = 3_600_000;
const READ_BEFORE_MS = 5_000;

export const s15Purity: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  const decided = new Map<string, Decided>();
  const numbers = new WeakMap<object, number>();
  let objects = 0;
  const numberOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return -1;
    let number = numbers.get(value);
    if (number === undefined) {
      objects += 1;
      number = objects;
      numbers.set(value, number);
    }
    return number;
  };

  world.on((event) => {
    if (event.kind !== 'decided') return;
    // A batch was read back: the zone last read is not the one that was decided on.
    if (event.results.some(({ outcome }) => outcome.kind !== 'nothing-to-do')) return;
    const read = book.reportsReadBy(event.by.number);
    if (read === undefined || event.by.config.services.length === 0) return;
    if (Object.keys(event.by.config.zones).length > 1) return;
    for (const result of event.results) judge(event.by, result, read.reports);
  });

  function judge(
    by: ProcessName,
    result: QuorumResult,
    reports: ReadonlyMap<string, unknown>,
  ): void {
    const service = by.config.services.find(({ id }) => id === result.service);
    if (service === undefined || service.mode !== 'enforce' || result.trouble !== null) return;
    const zone = book.zoneHeldBy(by.number);
    if (zone === undefined) return;
    const fence = fenceOf(zone.state.get(`_quorate.${service.names[0]} TXT `));
    // Its last read may have failed on the way back; then it decided on another.
    if (fence === null || result.looked.fence?.nonce !== fence.nonce) return;
    if (!result.looked.votes.views.every((view) => isAsRead(view, reports, service.everyMs)))
      return;
    // Of another file's report the manifest is read as well: it may have reached one region only.
    if (result.looked.votes.views.some(lacksManifest)) return;
    if (!isOfState(result, zone.state, service)) return;
    if (result.decision.reasons.some(({ code }) => code === 'blocked')) return;
    const key = keyOf(by, service.id, zone.state, reports);
    const other = decided.get(key);
    if (other === undefined) {
      decided.set(key, { by: by.region, result, fence, reports });
      if (decided.size > DECIDED_MAX) {
        for (const first of decided.keys()) {
          decided.delete(first);
          break;
        }
      }
      return;
    }
    const [own, theirs] = [textOf(result), textOf(other.result)];
    if (own === theirs) return;
    const from = Math.min(result.at, other.result.at);
    const to = Math.max(result.at, other.result.at);
    const times = timesOf(other.fence, other.reports, service);
    // Who is cut off was told when the reports were read, a look at the zone before the decision.
    if (times.some((ms) => ms >= from - READ_BEFORE_MS && ms <= to + 1)) return;
    fail(
      'S15',
      `${service.id}: ${by.region} and ${other.by} decided differently on the same reports and zone: ${own} / ${theirs}`,
    );
  }

  function keyOf(
    by: ProcessName,
    service: string,
    state: object,
    reports: ReadonlyMap<string, unknown>,
  ): string {
    let key = `${by.config.digest} ${by.config.packagedAt} ${service} ${numberOf(state)}`;
    for (const vantage of by.config.vantages) key += ` ${numberOf(reports.get(vantage))}`;
    return key;
  }
  return { id: 'S15' };
};

/** The weights that it decided on are those that it read last: an edit moves no fence. */
function isOfState(
  { decision }: QuorumResult,
  state: ReadonlyMap<string, ZoneRecord>,
  service: ProcessName['config']['services'][number],
): boolean {
  return service.endpoints.every(({ id, setIdentifier }) => {
    const from = decision.endpoints.find(({ endpoint }) => endpoint === id)?.from ?? null;
    const own = service.names.flatMap((name) =>
      service.types.flatMap((type) => state.get(`${name} ${type} ${setIdentifier}`)?.weight ?? []),
    );
    return from === null ? own.length === 0 : own.length > 0 && Math.min(...own) === from;
  });
}

function textOf({ decision }: QuorumResult): string {
  const { automation, endpoints, asofAt, withheld } = decision;
  return JSON.stringify([
    automation,
    asofAt,
    endpoints.map(({ endpoint, verdict, from, to, order, reason, withheld: held }) => [
      endpoint,
      verdict,
      from,
      to,
      order,
      reason.code,
      held.map(({ code }) => code),
    ]),
    withheld.map(({ code }) => code),
  ]);
}

type Views = QuorumResult['looked']['votes']['views'];

/** The report that was last read by this process is the one it voted with. */
function isAsRead(
  view: Views[number],
  reports: ReadonlyMap<string, unknown>,
  everyMs: number,
): boolean {
  if (view.state === 'silent') return true;
  const round = roundsOf(reports.get(view.vantage)).find((one) => one.everyMs === everyMs);
  return round?.observedAt === view.observedAt;
}

const lacksManifest = (view: Views[number]): boolean =>
  view.state === 'silent' && view.why === 'unknown-config';

type Round = { readonly everyMs: number; readonly observedAt: number };

function roundsOf(report: unknown): readonly Round[] {
  const rounds = (report as { readonly rounds?: unknown } | null | undefined)?.rounds;
  return Array.isArray(rounds) ? rounds : [];
}

/** Moments at which a rule changes its mind by time alone, from all that the fence and the reports say. */
function timesOf(
  fence: FenceText,
  reports: ReadonlyMap<string, unknown>,
  { policy }: ProcessName['config']['services'][number],
): readonly number[] {
  const spans = [0, policy.rampStepMs, policy.velocity.windowMs, 120_000, 24 * HOUR, HOUR];
  for (let hold = policy.holdDownMs; ; hold *= 2) {
    spans.push(Math.min(hold, HOUR), 2 * Math.min(hold, HOUR), hold);
    if (hold >= HOUR || hold <= 0) break;
  }
  const times: number[] = [fence.asofMs - 5_000];
  const add = (ms: number | null): void => {
    if (ms !== null) for (const span of spans) times.push(ms + span);
  };
  for (const { changedMs, outMs, countedMs, fullMs } of fence.entries.values()) {
    add(changedMs);
    add(outMs);
    add(countedMs);
    add(fullMs);
  }
  add(fence.rescuedMs);
  for (const { fromMs, untilMs } of fence.orders) times.push(fromMs, untilMs);
  for (const report of reports.values()) {
    // Of every interval: what another service saw may tell that its vantage is cut off.
    for (const { observedAt, everyMs } of roundsOf(report)) {
      times.push(observedAt + freshMs(everyMs), observedAt - 5_000);
    }
  }
  return times;
}
