/**
 * A deployment as a story: look before anything is created, show what will be done, make the table and
 * its replicas, deploy one vantage and ask what it sees, then the others, and read each one's report back
 * through another region. It can be repeated at any point: every step finds what the last run left.
 */
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { readEvidence } from '../../shared/rounds/evidence.ts';
import { API_ALIASES, functionName, vantageStackName } from '../names.ts';
import { type DeployPlan, planDeployment, planLines, type VantageStep } from './deploy-plan.ts';
import type { Deployer } from './deployer.ts';
import type { FactsByRegion } from './deployment-checks.ts';
import { type Preflight, preflight } from './preflight.ts';
import { isGone } from './stack-state.ts';
import { stackGone, type Waiting } from './stack-wait.ts';
import { dropReplica, settleTable } from './table-phase.ts';
import type { UrlCache } from './url-cache.ts';
import {
  canarySight,
  endpointKey,
  isSettled,
  type Verdicts,
  verdictChanges,
  verdictsBefore,
} from './verdict-change.ts';
import { reportOf, type VerifyDeps } from './verify.ts';

export type DeployDeps = Waiting &
  VerifyDeps & {
    readonly deployer: Deployer;
    readonly urls: UrlCache;
    /** Present where a person sits at the terminal. */
    readonly confirm?: (question: string) => Promise<boolean>;
  };

export type DeployOptions = {
  readonly only?: VantageId;
  readonly canary?: VantageId;
  readonly isDryRun: boolean;
  /** `service/endpoint` that may get worse. */
  readonly accepted: readonly string[];
  readonly trustsPermissions: boolean;
};

/** Two at a time: osls takes a core and a few hundred MB each. */
const AT_ONCE = 2;
/** Rounds that a vote needs beyond `rise` or `fall`, for phases and overlapping runs. */
const SPARE_ROUNDS = 3;
/** A schedule fires within 2 min. */
const BEFORE_MS_MAX = 2 * 60_000;
const POLL_MS = 5_000;

export async function runDeploy(
  deps: DeployDeps,
  config: Config,
  options: DeployOptions,
  signal: AbortSignal,
): Promise<void> {
  refuseStrangers(config, options.accepted);
  const { facts } = await lookAround(deps, config, options, signal);
  const plan = planDeployment(config, facts, deps.cloud.isAws, options);
  deps.tell({ event: 'plan', lines: planLines(config, plan) });
  if (options.isDryRun) {
    deps.tell({ event: 'end', text: 'dry run: nothing was changed' });
    return;
  }
  if (deps.confirm !== undefined && !(await deps.confirm('Do this?'))) {
    throw new QuorateError('REFUSED', 'nothing was changed');
  }

  await settleTable(deps, config, plan.table, signal);
  const before = await verdictsNow(deps, config, facts, signal);
  await deployVantage(deps, config, plan.canary, signal);
  await judgeCanary(deps, config, plan, before, options.accepted, signal);
  await verifyVantage(deps, config, plan, plan.canary.region, signal);
  await deployOthers(deps, config, plan, signal);
  for (const region of plan.leaving) await takeLeave(deps, config, plan, region, signal);
  await showUrls(deps, config, signal);
  deps.tell({ event: 'end', text: 'deployed, and every report came back through another region' });
}

function refuseStrangers(config: Config, accepted: readonly string[]): void {
  const known = config.services.flatMap((service) =>
    service.endpoints.map(({ id }) => endpointKey(service.id, id)),
  );
  const stranger = accepted.find((key) => !known.includes(key));
  if (stranger !== undefined) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--accept ${stranger} is no endpoint of the file; it has ${known.join(', ')}`,
    );
  }
}

async function lookAround(
  deps: DeployDeps,
  config: Config,
  { trustsPermissions }: DeployOptions,
  signal: AbortSignal,
): Promise<Preflight> {
  const known = [...deps.urls.read().keys()];
  const found = await preflight(deps.cloud, config, { known, trustsPermissions }, signal);
  for (const check of found.checks) deps.tell({ event: 'check', ...check });
  const failed = found.checks.filter(({ level }) => level === 'fail');
  if (failed.length === 0) return found;
  if (found.identity === null) {
    throw new QuorateError('UNAUTHENTICATED', 'nobody is signed in to AWS; nothing was changed');
  }
  throw new QuorateError(
    'REFUSED',
    `${failed.length} ${failed.length === 1 ? 'check fails' : 'checks fail'}; nothing was changed`,
  );
}

/**
 * Under the configuration that runs in home, or else in any region; null at the first deployment. A run
 * that just ended may leave a verdict open for a minute: it is waited for, as it is what the canary is
 * compared with.
 */
async function verdictsNow(
  { clock, storeOf, tell }: DeployDeps,
  { home }: Config,
  facts: FactsByRegion,
  signal: AbortSignal,
): Promise<Verdicts | null> {
  const running = [...facts.values()].filter(({ deployed }) => deployed !== null);
  const source = running.find(({ region }) => region === home) ?? running[0];
  if (source === undefined || source.deployed === null) return null;
  const { deployed, region } = source;
  const store = storeOf(region);
  const manifest = manifestOf(deployed);
  const lastAt = clock.now() + BEFORE_MS_MAX;
  for (let isFirst = true; ; isFirst = false) {
    const evidence = await readEvidence({ clock, store }, deployed, manifest, signal);
    const verdicts = verdictsBefore(deployed, evidence, clock.now());
    const isOpen = [...verdicts.values()].includes('unknown');
    if (!isOpen || clock.now() >= lastAt) return verdicts;
    if (isFirst) tell({ event: 'step', region, text: 'waiting for verdicts that are open' });
    await clock.sleep(POLL_MS, signal);
  }
}

async function deployVantage(
  { cloud, clock, deployer, storeOf, tell }: DeployDeps,
  config: Config,
  { region, reserves }: VantageStep,
  signal: AbortSignal,
): Promise<void> {
  // Readers need it to know what a report covers; immutable, so early is harmless.
  await storeOf(region).writeManifest(manifestOf(config), signal);
  tell({ event: 'step', region, text: `deploying stack ${vantageStackName(config.deployment)}` });
  const startedAt = clock.now();
  const { packagedAt } = config;
  const done = await deployer.deploy({ region, packagedAt, reserves }, signal);
  const seconds = Math.round((clock.now() - startedAt) / 1000);
  // A first look now instead of at the next minute; triggers carry no data, so one more is harmless.
  await cloud.start(region, functionName(config.deployment, 'probe'), signal);
  const text = done === 'deployed' ? `deployed in ${seconds} s` : 'had nothing to change';
  tell({ event: 'step', region, text });
}

async function judgeCanary(
  deps: DeployDeps,
  config: Config,
  { canary: { region } }: DeployPlan,
  before: Verdicts | null,
  accepted: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  deps.tell({ event: 'step', region, text: 'waiting for what it sees' });
  const evidence = await reportOf(
    deps,
    config,
    {
      vantage: region,
      readIn: region,
      until: (found, now) => isSettled(canarySight(config, found, region, now)),
      settleMs: settleMs(config),
    },
    signal,
  );
  const sight = canarySight(config, evidence, region, deps.clock.now());
  const changes = verdictChanges(config, before, sight, accepted);
  for (const change of changes) deps.tell({ event: 'verdict', ...change });
  const stopping = changes.filter(({ stops }) => stops);
  if (stopping.length === 0) return;
  const accepts = stopping.map((one) => `--accept ${endpointKey(one.service, one.endpoint)}`);
  throw new QuorateError(
    'REFUSED',
    `stopped: ${stopping.length} of ${changes.length} endpoints get worse as seen from ${region} under this file. Only ${region} runs it, the others count it as silent and go on with what they have. Correct quorate.yml and deploy again, or repeat with ${accepts.join(' ')}`,
  );
}

/** From no vote to a vote, for the slowest check. */
const settleMs = ({ services }: Config): number =>
  Math.max(
    ...services.map(
      (service) =>
        service.everyMs *
        (SPARE_ROUNDS +
          Math.max(...service.endpoints.map(({ check }) => Math.max(check.rise, check.fall)))),
    ),
  );

async function verifyVantage(
  deps: DeployDeps,
  config: Config,
  { table }: DeployPlan,
  vantage: VantageId,
  signal: AbortSignal,
): Promise<void> {
  const present = [...table.replicas, ...table.adds].filter((one) => config.vantages.includes(one));
  const readIn = present.find((region) => region !== vantage) ?? vantage;
  await reportOf(deps, config, { vantage, readIn }, signal);
  const text =
    readIn === vantage
      ? 'its report is there (there is no other region to read it in)'
      : `its report came back through ${readIn}`;
  deps.tell({ event: 'step', region: vantage, text });
}

/** What fails in one region stops no other; all failures are told at the end. */
async function deployOthers(
  deps: DeployDeps,
  config: Config,
  plan: DeployPlan,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...plan.others];
  const failures: QuorateError[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      try {
        await deployVantage(deps, config, step, signal);
        await verifyVantage(deps, config, plan, step.region, signal);
      } catch (error) {
        if (!(error instanceof QuorateError)) throw error;
        failures.push(error);
        deps.tell({ event: 'step', region: step.region, text: error.message });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length === 0) return;
  throw new QuorateError(
    'DEPLOY_FAILED',
    `${failures.length} of ${plan.others.length + 1} vantages failed (above); the others run this file. Repeat npm run deploy when the cause is mended`,
  );
}

/** The stack first: what still wrote into a replica that goes would be lost. */
async function takeLeave(
  deps: DeployDeps,
  config: Config,
  { table, leaving }: DeployPlan,
  region: VantageId,
  signal: AbortSignal,
): Promise<void> {
  const name = vantageStackName(config.deployment);
  if (!isGone(await deps.cloud.stack(region, name, signal))) {
    deps.tell({ event: 'step', region, text: `removing stack ${name}` });
    await deps.cloud.deleteStack(region, name, signal);
    await stackGone(deps, region, name, signal);
  }
  const gone = leaving.slice(0, leaving.indexOf(region));
  const present = [...table.replicas, ...table.adds].filter((one) => !gone.includes(one));
  await dropReplica(deps, config, region, present, signal);
}

async function showUrls(deps: DeployDeps, config: Config, signal: AbortSignal): Promise<void> {
  const name = functionName(config.deployment, 'api');
  const own = new Map<VantageId, string>();
  const override = new Map<VantageId, string>();
  const read = new Map<VantageId, string>();
  for (const region of config.vantages) {
    const url = await deps.cloud.functionUrl(region, name, null, signal);
    if (url === null) continue;
    const [forOrders, forLooking] = await Promise.all(
      API_ALIASES.map((alias) => deps.cloud.functionUrl(region, name, alias, signal)),
    );
    own.set(region, url);
    if (forOrders) override.set(region, forOrders);
    if (forLooking) read.set(region, forLooking);
    deps.tell({
      event: 'url',
      region,
      url,
      ...(forOrders ? { override: forOrders } : {}),
      ...(forLooking ? { read: forLooking } : {}),
    });
  }
  deps.urls.write(own, { override, read });
}
