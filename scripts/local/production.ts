/**
 * The production functions of one region, wired to the local world as AWS would wire them: by their
 * environment. Only what a Lambda gets from its machine is replaced: clock, credentials, certificate
 * roots, where loopback addresses are, and where logs go. Also what deploy writes before they run.
 */
import { apiHandler } from '../../functions/api.ts';
import { notifyHandler } from '../../functions/notify.ts';
import { probeHandler } from '../../functions/probe.ts';
import { quorumHandler } from '../../functions/quorum.ts';
import { addressPolicy } from '../../shared/adapters/address-policy.ts';
import { dynamodbStore } from '../../shared/adapters/dynamodb-store.ts';
import { httpProber } from '../../shared/adapters/http-prober.ts';
import { nameServers } from '../../shared/adapters/name-servers.ts';
import { manifestOf } from '../../shared/core/config.ts';
import type { Config } from '../../shared/core/model.ts';
import type { Clock, Prober } from '../../shared/ports.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import { AIDS, type Env, RELEASE, type WireOverrides } from '../../shared/wire.ts';
import { functionName } from '../names.ts';
import { documentClient, type GlobalTable } from './global-table.ts';
import type { Inbox } from './inbox.ts';
import type { Place } from './loopback.ts';
import type { Functions } from './regions.ts';
import type { LocalRoute53 } from './route53-server.ts';
import { LOCAL_CREDENTIALS } from './signature-check.ts';
import { stoppableClock } from './stoppable-clock.ts';

export type Surroundings = {
  readonly config: Config;
  readonly clock: Clock;
  readonly speed: number;
  readonly table: GlobalTable;
  readonly route53: LocalRoute53;
  readonly inbox: Inbox;
};

export type RegionWiring = Surroundings & {
  readonly vantage: string;
  readonly stop: AbortSignal;
  /** PEM of the root that the world's endpoints are signed by. */
  readonly ca: string;
  readonly route: (address: string, port: number) => Place;
  /** Puts the vantage's own troubles before the real prober. */
  readonly aroundProber: (inner: Prober) => Prober;
  /** The one that serves all zones of the world: `127.0.0.1:53`. */
  readonly nameServer: string;
  readonly onDecision: (result: QuorumResult, vantage: string) => void;
  /** False: all regions decide at once, for races. */
  readonly takesTurns: boolean;
};

/** Nothing listens there: no check of a local world holds a secret. */
const NOWHERE = 'http://127.0.0.1:9';

export const environmentOf = (
  { config, table, route53, inbox }: Pick<Surroundings, 'config' | 'table' | 'route53' | 'inbox'>,
  vantage: string,
): Env => ({
  AWS_REGION: vantage,
  QUORATE_VANTAGE: vantage,
  QUORATE_TABLE: config.deployment,
  AWS_ENDPOINT_URL_DYNAMODB: table.endpointOf(vantage),
  AWS_ENDPOINT_URL_ROUTE_53: route53.url,
  QUORATE_NOTIFY: functionName(config.deployment, 'notify'),
  AWS_ENDPOINT_URL_SSM: NOWHERE,
  AWS_ENDPOINT_URL_LAMBDA: inbox.url,
  AWS_ENDPOINT_URL_SNS: inbox.url,
  AWS_ENDPOINT_URL_EVENTBRIDGE: inbox.url,
});

export const commonOverrides = (
  { config }: Pick<Surroundings, 'config'>,
  clock: Clock,
): WireOverrides => ({
  config,
  clock,
  credentials: LOCAL_CREDENTIALS,
  log: () => undefined,
  metric: () => undefined,
});

export function startFunctions(wiring: RegionWiring): Functions {
  const { config, vantage, stop } = wiring;
  const clock = stoppableClock(wiring.clock, stop, wiring.speed);
  const env = environmentOf(wiring, vantage);
  const overrides = commonOverrides(wiring, clock);
  const prober = wiring.aroundProber(
    httpProber({
      clock,
      secrets: { read: async () => undefined },
      userAgent: `Quorate/${RELEASE} (vantage ${vantage})`,
      isAllowed: addressPolicy(AIDS, {
        allowAddresses: config.allowAddresses,
        allowLoopback: true,
      }),
      ca: wiring.ca,
      route: wiring.route,
    }),
  );
  return {
    probe: probeHandler(env, { ...overrides, prober }),
    quorum: quorumHandler(env, overrides, {
      takesTurns: wiring.takesTurns,
      onResults: (results) => {
        // A killed process tells nothing any more.
        if (stop.aborted) return;
        for (const result of results) wiring.onDecision(result, vantage);
      },
    }),
    notify: notifyHandler(env, {
      ...overrides,
      // The inbox is on loopback and has no certificate.
      allowPlainWebhook: true,
      nameServers: { ...nameServers(), serversOf: async () => [wiring.nameServer] },
    }),
    api: apiHandler(env, overrides),
  };
}

/** What a deployment leaves in the table before its functions run. */
export async function deploy(
  { config, clock, table }: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const client = documentClient(table.endpointOf(config.home), config.home);
  try {
    const store = dynamodbStore({ client, table: config.deployment, clock });
    await store.writeManifest(manifestOf(config), signal);
  } finally {
    client.destroy();
  }
}
