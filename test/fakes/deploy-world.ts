/**
 * A deployment's world: the fake cloud, a deployer that puts functions into it, and vantages that report
 * as soon as they are deployed, under the file that they were deployed with. What they see is set by hand.
 */

import type { DeployEvent } from '../../scripts/deploy/event.ts';
import { eventText } from '../../scripts/deploy/event.ts';
import type { DeployDeps, DeployOptions } from '../../scripts/deploy/run-deploy.ts';
import { runDeploy } from '../../scripts/deploy/run-deploy.ts';
import type { ApiAlias } from '../../scripts/names.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, epochMs, type VantageId, vantageId } from '../../shared/core/model.ts';
import { type Report, roundKey, servicesSeenBy, type Vote } from '../../shared/core/report.ts';
import type { Store } from '../../shared/ports.ts';
import { type Plants, parsed, planted } from '../fixtures/config-base.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type FakeCloud, fakeCloud } from './fake-cloud.ts';
import { fakeStore, fakeTable } from './fake-store.ts';
import { sampleEntry } from './sample-report.ts';

export const THREE = ['eu-west-1', 'us-east-1', 'eu-central-1'];
export const RELEASE = '0.1.0';
/** From the end of a deployment to the first report. */
const FIRST_REPORT_MS = 15_000;

export type File = { readonly config: Config; readonly data: unknown };

/** A sound file for three vantages, with something else planted. */
export function file(plants: Plants = {}): File {
  const data = planted({ vantages: THREE, ...plants });
  const result = parsed(data);
  if (!('config' in result)) throw new Error(JSON.stringify(result.problems));
  return { config: result.config, data };
}

type AliasUrls = Record<ApiAlias, readonly (readonly [VantageId, string])[]>;

export type DeployWorld = {
  readonly clock: FakeClock;
  readonly cloud: FakeCloud;
  readonly events: DeployEvent[];
  readonly text: () => string;
  readonly of: (event: DeployEvent['event']) => readonly string[];
  /** `vantage service/endpoint` → its vote; up where nothing is said. */
  readonly votes: Map<string, Vote>;
  readonly deployed: string[];
  /** Regions that osls fails in. */
  readonly broken: Set<string>;
  /** Regions that never report. */
  readonly mute: Set<string>;
  readonly urls: Map<VantageId, string>;
  readonly aliasUrls: AliasUrls;
  readonly deps: DeployDeps;
  readonly deploy: (file: File, options?: Partial<DeployOptions>) => Promise<void>;
};

export function deployWorld(): DeployWorld {
  const clock = fakeClock();
  const cloud = fakeCloud(clock);
  const items = fakeTable();
  const events: DeployEvent[] = [];
  const votes = new Map<string, Vote>();
  const deployed: string[] = [];
  const broken = new Set<string>();
  const mute = new Set<string>();
  const running = new Map<string, { readonly config: Config; readonly reportsAt: number }>();
  const urls = new Map<VantageId, string>();
  const aliasUrls: AliasUrls = { override: [], read: [] };
  let now: File = file();

  const storeOf = (): Store => ({
    ...fakeStore(items, clock),
    readReports: async (vantages) =>
      new Map(
        vantages.flatMap((vantage) => {
          const run = running.get(vantage);
          const isThere = run !== undefined && run.reportsAt <= clock.now() && !mute.has(vantage);
          return isThere ? [[vantage, reportOf(run.config, vantage)] as const] : [];
        }),
      ),
  });

  const reportOf = (config: Config, vantage: VantageId): unknown => {
    const entries = servicesSeenBy(config, vantage).flatMap((service) =>
      service.endpoints.flatMap(({ id }) => {
        const vote = votes.get(`${vantage} ${service.id}/${id}`) ?? 'up';
        return vote === 'up'
          ? []
          : [sampleEntry({ service: service.id, endpoint: id, vote, sinceAt: clock.now() })];
      }),
    );
    const total = config.services.reduce((sum, one) => sum + one.endpoints.length, 0);
    const report: Report = {
      format: 1,
      reads: { report: [1], fence: [1] },
      release: RELEASE,
      vantage,
      run: { startedAt: clock.now(), id: 'n0000001' },
      config: config.digest,
      rounds: [{ everyMs: 10_000, round: 1, observedAt: clock.now() }],
      selfCheck: { isolated: false, targets: 3, failed: 0 },
      unlisted: total - entries.length,
      entries,
      changed: false,
      changedRoundsLeft: 0,
    };
    return { ...report, roundKey: roundKey(report) };
  };

  const deps: DeployDeps = {
    cloud,
    clock,
    tell: (event) => void events.push(event),
    release: RELEASE,
    storeOf,
    urls: {
      read: () => urls,
      write: (fresh, { override, read } = {}) => {
        urls.clear();
        for (const [region, url] of fresh) urls.set(region, url);
        aliasUrls.override = [...(override ?? new Map())];
        aliasUrls.read = [...(read ?? new Map())];
      },
    },
    deployer: {
      deploy: async ({ region, reserves }, signal) => {
        await clock.sleep(30_000, signal);
        if (broken.has(region)) throw new QuorateError('DEPLOY_FAILED', `${region}: osls failed`);
        const { config, data } = now;
        const name = config.deployment;
        if (!cloud.region(region).tables.has(name)) throw new Error(`no replica in ${region}`);
        deployed.push(reserves ? `${region} reserved` : region);
        cloud.putStack(region, name, 'UPDATE_COMPLETE');
        const packaged = JSON.stringify({ packagedAt: config.packagedAt, data });
        for (const id of ['probe', 'quorum', 'notify', 'api']) {
          cloud.region(region).functions.set(`${name}-${id}`, {
            packaged,
            reserved: reserves ? 5 : 0,
          });
        }
        running.set(region, { config, reportsAt: clock.now() + FIRST_REPORT_MS });
        return 'deployed';
      },
    },
  };

  return {
    clock,
    cloud,
    events,
    text: () => events.map(eventText).join('\n'),
    of: (kind) => events.filter(({ event }) => event === kind).map(eventText),
    votes,
    deployed,
    broken,
    mute,
    urls,
    aliasUrls,
    deps,
    deploy: async (wanted, options = {}) => {
      now = wanted;
      events.length = 0;
      deployed.length = 0;
      // Not the test's own: whatever the clock says is when it was packaged.
      const config = { ...wanted.config, packagedAt: epochMs(clock.now()) };
      now = { config, data: wanted.data };
      await clock.runUntil(
        runDeploy(
          deps,
          config,
          { isDryRun: false, accepted: [], trustsPermissions: false, ...options },
          new AbortController().signal,
        ),
        4 * 3_600_000,
      );
    },
  };
}

export const at = vantageId;
export const manifest = manifestOf;
