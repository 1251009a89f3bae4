/**
 * What the vantages say for themselves: reports in, lines out. Ages are taken by Route 53's clock where
 * it told the time, so that a wrong clock of this machine accuses no vantage.
 */

import { CLOCK_TOLERANCE_MS } from '../../shared/core/fence.ts';
import type { EpochMs, Service, VantageId } from '../../shared/core/model.ts';
import { decidingRegions, majorityOf } from '../../shared/core/pulse.ts';
import { CLOCK_OFF_MS_MAX } from '../../shared/core/snapshot.ts';
import { castVotes, freshForMs, SILENT_WHYS } from '../../shared/core/vote.ts';
import type { Facts } from './facts.ts';
import { across, type Finding, fail, judge, type Line, lineOf, ok, unknown, warn } from './line.ts';

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

export function reportChecks(facts: Facts): readonly Line[] {
  const { config, evidence, services } = facts;
  const unread = evidence.trouble;
  const clock = clockCheck(facts);
  if (evidence.readings.size === 0 && unread !== null) {
    return [
      clock,
      lineOf(
        'reports',
        config.vantages,
        unknown(unread.replace(/; the next round tries again$/, '')),
      ),
    ];
  }
  const now = truthfulNow(facts);
  return [
    clock,
    ...across('reports', config.vantages, (vantage) => reportFinding(facts, vantage, now)),
    ...across('release', config.vantages, (vantage) => releaseFinding(facts, vantage)),
    ...across('configuration', config.vantages, (vantage) => configFinding(facts, vantage)),
    decidingCheck(facts, now),
    ...services.map((service) =>
      lineOf('quorum', [service.id], quorumFinding(facts, service, now)),
    ),
  ];
}

/** Ours, corrected by what Route 53's `Date` says. */
function truthfulNow({ now, zones }: Facts): EpochMs {
  const off = offOf({ zones });
  return (off !== null && Math.abs(off) > CLOCK_OFF_MS_MAX ? now - off : now) as EpochMs;
}

/** Positive: this machine runs ahead. The header counts whole seconds. */
function offOf({ zones }: Pick<Facts, 'zones'>): number | null {
  for (const { read } of zones.values()) {
    if (read.known && read.value.serverAt !== null) return read.value.readAt - read.value.serverAt;
  }
  return null;
}

function clockCheck(facts: Facts): Line {
  const off = offOf(facts);
  const finding =
    off === null
      ? unknown('Route 53 told no time')
      : Math.abs(off) <= CLOCK_OFF_MS_MAX
        ? ok(`within ${seconds(CLOCK_OFF_MS_MAX)} of Route 53’s`)
        : fail(
            `${seconds(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} Route 53’s: orders and changes from here are refused`,
            'synchronise this machine’s clock (NTP)',
          );
  return lineOf('clock', ['this machine'], finding);
}

/** The schedules of quorum fire where pulses are fresh. */
function decidingCheck({ config, pulses }: Facts, now: EpochMs): Line {
  const { vantages } = config;
  const finding = judge(pulses, (items) => {
    const deciding = decidingRegions(vantages, items, now);
    const still = vantages.filter((vantage) => !deciding.includes(vantage));
    const says = `${deciding.length} of ${vantages.length} regions decide`;
    const remedy = `look at the log of the function quorum in ${still.join(', ')}`;
    if (still.length === 0) return ok(says);
    return deciding.length < majorityOf(vantages.length)
      ? fail(`${says}: below a majority`, remedy)
      : warn(`${says}; not ${still.join(', ')}`, remedy);
  });
  return lineOf('deciding', vantages, finding);
}

/** Of the intervals that this vantage looks at, the slowest decides how old a report may be. */
function reportFinding({ config, evidence }: Facts, vantage: VantageId, now: EpochMs): Finding {
  const look = `look at the log of the function probe in ${vantage}`;
  const reading = evidence.readings.get(vantage);
  if (reading === undefined) {
    return fail('no report: its probe function has not written', look);
  }
  if (reading.kind === 'silent') {
    return fail(`silent: ${SILENT_WHYS[reading.why]} (${reading.detail})`, look);
  }
  const { rounds, selfCheck } = reading.report;
  const old = rounds.filter(({ everyMs, observedAt }) => now - observedAt > freshForMs(everyMs));
  const ahead = rounds.find(({ observedAt }) => observedAt - now > CLOCK_TOLERANCE_MS);
  const [oldest] = old;
  if (ahead !== undefined) {
    return fail(
      `its clock is ${seconds(ahead.observedAt - now)} ahead, so its report is not read`,
      look,
    );
  }
  if (oldest !== undefined) {
    return fail(
      `the last report of its ${seconds(oldest.everyMs)} checks is ${seconds(now - oldest.observedAt)} old, good for ${seconds(freshForMs(oldest.everyMs))}: the schedule does not fire, or probe fails`,
      look,
    );
  }
  if (selfCheck.isolated || evidence.isolated.has(vantage)) {
    return warn('isolated: its own network is at fault, its down votes do not count', look);
  }
  return config.vantages.includes(vantage)
    ? ok('fresh, within their interval')
    : unknown('no vantage');
}

const readOf = ({ evidence }: Facts, vantage: VantageId) => {
  const reading = evidence.readings.get(vantage);
  return reading?.kind === 'read' ? reading.report : undefined;
};

function releaseFinding(facts: Facts, vantage: VantageId): Finding {
  const report = readOf(facts, vantage);
  if (report === undefined) return unknown('no report');
  return report.release === facts.release
    ? ok(facts.release)
    : warn(
        `runs ${report.release}, this command is ${facts.release}`,
        'normal during an upgrade; else npm run deploy',
      );
}

function configFinding(facts: Facts, vantage: VantageId): Finding {
  const report = readOf(facts, vantage);
  if (report === undefined) return unknown('no report');
  return report.config === facts.config.digest
    ? ok('runs this very file')
    : warn(
        `runs another configuration than this file (${report.config.slice(0, 8)}, the file is ${facts.config.digest.slice(0, 8)})`,
        'npm run deploy, or look with the file that was deployed',
      );
}

function quorumFinding({ evidence }: Facts, service: Service, now: EpochMs): Finding {
  const { views } = castVotes(service, evidence.readings, evidence.isolated, now);
  const usable = views.filter(({ state }) => state !== 'silent').length;
  const says = `${usable} of ${views.length} vantages can be counted, quorum is ${service.quorum}`;
  if (usable < service.quorum) {
    return fail(`${says}: automation changes nothing`, 'mend the vantages named above');
  }
  return usable === service.quorum && views.length > service.quorum
    ? warn(`${says}: the next loss of a vantage stops automation`, 'mend the vantages named above')
    : ok(says);
}
