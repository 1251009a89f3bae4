/**
 * `quorate drill REGION --for 10m`: drains a healthy region of the real zone for some minutes and measures
 * what that takes. First a dry run: what would happen, the arithmetic, and everything that stands against
 * it; `--apply` of that very plan carries it out. It works straight on the zone, with the operator's own
 * credentials, since it must be able to stop although every API is away.
 */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { manifestOf } from '../../shared/core/config.ts';
import { nearest } from '../../shared/core/config-problem.ts';
import { type DrillService, type DrillSlot, obstacles } from '../../shared/core/drill.ts';
import {
  DRILL_GOAL_MS,
  detectionOf,
  drillsShown,
  drillText,
} from '../../shared/core/drill-report.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type EpochMs, epochMs, orderId, regionId, type Service } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { DAY_MS, MINUTE_MS, parseDuration } from '../../shared/core/units.ts';
import { assess } from '../../shared/rounds/assess.ts';
import {
  answerText,
  drilled,
  drillOrders,
  drillServiceOf,
} from '../../shared/rounds/drill-look.ts';
import { overrideRound } from '../../shared/rounds/override-round.ts';
import { readIncidents } from '../../shared/rounds/read-incidents.ts';
import { callerOf } from './caller.ts';
import { commandLine } from './change.ts';
import type { Cli, Register } from './cli.ts';
import { machineDns, type ServerAddress } from './dns-look.ts';
import { type Played, playDrill, type Stage } from './drill-play.ts';
import {
  type DrillPlanDocument,
  drillLineText,
  drillPlanText,
  leftIn,
  playedText,
} from './drill-text.ts';
import { dnsWatch } from './drill-watch.ts';
import { findServices } from './find.ts';
import { serverAddress } from './server-address.ts';

type Flags = {
  readonly for: string;
  readonly goal: string;
  readonly service?: readonly string[];
  readonly server?: readonly ServerAddress[];
  readonly out?: string;
  readonly list?: boolean;
  readonly apply?: string;
  readonly reason?: string;
};

const FOR_MS_MIN = 2 * MINUTE_MS;
const FOR_MS_MAX = 120 * MINUTE_MS;
const LISTED_MS = 400 * DAY_MS;
const INCIDENTS_SHOWN = 3;

export const registerDrill: Register = (program, cli) => {
  program
    .command('drill')
    .argument('[region]', 'the region to drain, as endpoints of the file have it')
    .option('--for <duration>', 'how long, 2m to 2h', '10m')
    .option('--goal <duration>', 'how soon every name server shall serve it', '45s')
    .option('--service <id>', 'only this service; may be repeated', collect)
    .option(
      '--server <host:port>',
      "ask this name server instead of the zone's own; may be repeated",
      (text: string, before: readonly ServerAddress[] = []) => [...before, serverAddress(text)],
    )
    .option('--out <file>', 'the report, as JSON')
    .option('--list', 'the drills of the last 400 days')
    .option('--apply <checksum>', 'carry out exactly the plan that has this checksum')
    .option('--reason <text>', 'why; goes into the record (needed with --apply)')
    .description('drains a healthy region for some minutes and measures it')
    .addHelpText(
      'after',
      `
Example:
  quorate drill us-east-1 --for 10m --goal 45s
  quorate drill --list
It works on the zone with your own credentials. With --json one object a line, the report last. Exit code 1 if
it stopped, missed its goal or did not restore; 3 if it may not begin.`,
    )
    .action(async (region: string | undefined, flags: Flags) => {
      if (flags.list === true) return await list(cli);
      if (region === undefined) throw bad('name the region to drain, or write --list');
      await drill(cli, region, flags);
    });
};

const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];
const bad = (text: string): QuorateError => new QuorateError('BAD_REQUEST', text);

async function list(cli: Cli): Promise<void> {
  const loaded = cli.load();
  const wired = cli.wired(loaded);
  const since = epochMs(wired.clock.now() - LISTED_MS);
  const items = await wired
    .store()
    .readDrillEvents(loaded.config.deployment, since, cli.terminal.signal);
  const drills = drillsShown(items);
  cli.print({ drills }, () =>
    drills.length === 0
      ? 'no drill in the last 400 days; quorate drill REGION shows what one would do'
      : drills.map(drillText).join('\n'),
  );
}

async function drill(cli: Cli, name: string, flags: Flags): Promise<void> {
  const loaded = cli.load();
  const { config } = loaded;
  const forMs = durationOf('--for', flags.for, FOR_MS_MIN, FOR_MS_MAX);
  const goalMs = durationOf('--goal', flags.goal, 1_000, FOR_MS_MAX);
  const reason = flags.reason?.trim() ?? '';
  if (flags.apply !== undefined && reason === '') {
    throw bad(
      'a drill needs --reason "…": it goes into the record, beside who gave it; nothing was changed',
    );
  }
  const region = regionId(knownRegion(config.services, name));
  const services = drilled(findServices(config, flags.service ?? []), region);
  const wired = cli.wired(loaded);
  const deps = { ...wired, store: wired.store(), zone: wired.zone() };
  const options = { region: wired.settings.vantage, manifest: manifestOf(config) };
  const { signal } = cli.terminal;
  const now = wired.clock.now();
  const slot: DrillSlot = {
    id: orderId(wired.ids.nonce()),
    region,
    fromAt: now,
    untilAt: epochMs(now + forMs),
  };
  const assessment = await assess(deps, config, services, options, signal);
  const looks = assessment.services.map((one) => drillServiceOf(one, deps.aids));
  const asked = `drill ${region} for ${forMs} ms`;
  const wish = { actor: '', reason: reason || 'no reason given yet', asked };
  const dry = await overrideRound(
    deps,
    config,
    options,
    drillOrders(services, slot, wish, deps.aids),
    { actor: '', via: null, reason: wish.reason, isDryRun: true, match: null },
    signal,
  );
  const against = [
    ...obstacles(looks, region),
    ...dry.results.flatMap((result) =>
      result.answer.kind === 'planned' ? [] : [unforced(answerText(result))],
    ),
  ];
  const document = await planDocument(cli, {
    flags,
    region,
    forMs,
    goalMs,
    services,
    looks,
    against,
    checksum: dry.checksum,
    now,
    store: deps.store,
    dry: dry.results,
  });
  if (against.length > 0) {
    cli.exitWith(3);
    cli.print(document, () => drillPlanText(document, cli.paint));
    return;
  }
  if (flags.apply === undefined || flags.apply !== dry.checksum) {
    if (flags.apply !== undefined) {
      cli.exitWith(3);
      cli.say(`the plan is another one now: ${dry.checksum}, not ${safeText(flags.apply, 20)}`);
    }
    cli.print(document, () => drillPlanText(document, cli.paint));
    return;
  }
  const actor = await callerOf(cli, wired.settings.vantage);
  const dns = await dnsWatch(
    cli.terminal.dns ?? machineDns(),
    config.deployment,
    services,
    flags.server,
  );
  const isJson = cli.options().json;
  const stage: Stage = {
    deps,
    config,
    options,
    services,
    slot,
    wish: { ...wish, actor },
    via: `cli@${safeText(hostname(), 64)}`,
    checksum: dry.checksum,
    goalMs,
    dns,
    signal,
    tell: (line) =>
      isJson ? cli.terminal.out(`${JSON.stringify(line)}\n`) : cli.say(drillLineText(line)),
  };
  finish(cli, flags, await playDrill(stage, looks), services);
}

function finish(cli: Cli, { out }: Flags, played: Played, services: readonly Service[]): void {
  const [shown] = drillsShown([played]);
  const detection = services.map(detectionOf);
  const report = { format: 1, ...shown, shares: played.shares, notes: played.notes, detection };
  if (out !== undefined) {
    writeFileSync(resolve(cli.terminal.folder, out), `${JSON.stringify(report, null, 2)}\n`);
  }
  const isGood = played.step === 'over' && played.restored === true && shown?.isInGoal !== false;
  if (!isGood) cli.exitWith(1);
  if (cli.options().json) cli.terminal.out(`${JSON.stringify(report)}\n`);
  else cli.print(report, () => playedText(played, detection, cli.paint));
}

type Facts = {
  readonly flags: Flags;
  readonly region: string;
  readonly forMs: number;
  readonly goalMs: number;
  readonly services: readonly Service[];
  readonly looks: readonly DrillService[];
  readonly against: readonly string[];
  readonly checksum: string | null;
  readonly now: EpochMs;
  readonly store: Parameters<typeof readIncidents>[0];
  readonly dry: Awaited<ReturnType<typeof overrideRound>>['results'];
};

async function planDocument(cli: Cli, facts: Facts): Promise<DrillPlanDocument> {
  const { flags, region, forMs, goalMs, services, looks, against, checksum, dry } = facts;
  const words = [
    'drill',
    region,
    '--for',
    flags.for,
    ...(goalMs === DRILL_GOAL_MS ? [] : ['--goal', flags.goal]),
    ...(flags.service ?? []).flatMap((id) => ['--service', id]),
  ];
  return {
    region,
    forMs,
    goalMs,
    dryRun: true,
    checksum,
    applyWith:
      checksum === null
        ? null
        : `${commandLine(cli, words)} --apply ${checksum} --reason ${flags.reason === undefined ? '"…"' : JSON.stringify(flags.reason)}`,
    services: services.flatMap((service) => {
      const look = looks.find((one) => one.service === service.id);
      const answer = dry.find((one) => one.service.id === service.id)?.answer;
      if (look === undefined || answer === undefined) return [];
      return [
        {
          service: service.id,
          generation: answer.kind === 'planned' ? answer.plan.generation : null,
          ...leftIn(service, look, region),
          sentence:
            answer.kind === 'planned'
              ? movesText(look, region)
              : unforced('sentence' in answer ? answer.sentence : answer.kind),
        },
      ];
    }),
    obstacles: against,
    detection: services.map(detectionOf),
    incidents: await lastIncidents(cli, facts),
  };
}

/** What real failures took: the honest answer to what a drill does not measure. */
async function lastIncidents(
  cli: Cli,
  { services, now, store }: Facts,
): Promise<DrillPlanDocument['incidents']> {
  const sinceAt = epochMs(now - 30 * DAY_MS);
  try {
    const found = await readIncidents(store, { services }, { sinceAt, now }, cli.terminal.signal);
    return found
      .filter(({ kind, detectMs }) => kind === 'endpoint' && detectMs !== null)
      .slice(0, INCIDENTS_SHOWN)
      .map(({ title, openedAt, detectMs, recoverMs }) => ({
        title,
        openedAt,
        detectMs,
        recoverMs,
      }));
  } catch (error) {
    if (error instanceof QuorateError) return [];
    throw error;
  }
}

const movesText = ({ endpoints }: DrillService, region: string): string =>
  endpoints
    .filter((one) => String(one.region) === region)
    .map(({ endpoint, inDns }) => `${endpoint} ${inDns ?? 0} → 0`)
    .join(', ');

/** A drill passes no rule: what an order may be forced to do, a guest may not. */
const unforced = (text: string): string =>
  text.replace(/; repeat with --force [\w-]+ to do it/, '');

function knownRegion(services: readonly Service[], name: string): string {
  const known = [
    ...new Set(services.flatMap(({ endpoints }) => endpoints.map((one) => String(one.region)))),
  ];
  if (known.includes(name)) return name;
  const guess = nearest(name, known);
  throw new QuorateError(
    'NOT_FOUND',
    `no endpoint is in region ${safeText(name)}; ${guess === undefined ? `there are some in ${known.join(', ')}` : `did you mean ${guess}?`}`,
  );
}

function durationOf(option: string, text: string, min: number, max: number): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= min && ms <= max) return ms;
  throw bad(
    `${option} ${safeText(text, 40)} is not understood; write ${option === '--for' ? '2m to 2h, such as 10m' : 'a duration such as 45s'}`,
  );
}
