/**
 * The account's hosted zones, and one zone with its name servers: what `import` and `verify` ask beside the
 * records. Reads only. Ids come without `/hostedzone/`, names in our spelling; what Route 53 refuses
 * becomes a `QuorateError` whose cause says how.
 */
import {
  type HostedZone as Answered,
  GetHostedZoneCommand,
  ListHostedZonesCommand,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { failureOf } from '../../shared/adapters/route53-failures.ts';
import { normaliseName } from '../../shared/adapters/route53-names.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { ZoneRef } from '../../shared/core/model.ts';

export type HostedZone = {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  /** As delegated to; empty in a listing and for a private zone. */
  readonly nameServers: readonly string[];
};

export type HostedZones = {
  /** Every zone of the account whose credentials are used. */
  readonly list: (signal: AbortSignal) => Promise<readonly HostedZone[]>;
  readonly get: (zone: ZoneRef, signal: AbortSignal) => Promise<HostedZone>;
};

const PAGES_MAX = 100;
/** AWS's own maximum. */
const ZONES_PER_PAGE = 100;

export function route53HostedZones(reader: (zone: ZoneRef) => Route53Client): HostedZones {
  return {
    async list(signal) {
      const client = reader({ key: '', id: '' });
      const zones: HostedZone[] = [];
      let marker: string | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const command = new ListHostedZonesCommand({
          MaxItems: ZONES_PER_PAGE,
          ...(marker === undefined ? {} : { Marker: marker }),
        });
        const output = await client
          .send(command, { abortSignal: signal })
          .catch((error: unknown) => {
            throw listingError(error);
          });
        zones.push(...(output.HostedZones ?? []).map((zone) => hostedZone(zone, [])));
        if (output.IsTruncated !== true || !output.NextMarker) return zones;
        marker = output.NextMarker;
      }
      return zones;
    },

    async get(zone, signal) {
      const command = new GetHostedZoneCommand({ Id: zone.id });
      const output = await reader(zone)
        .send(command, { abortSignal: signal })
        .catch((error: unknown) => {
          throw zoneError(zone, error);
        });
      return hostedZone(output.HostedZone ?? {}, output.DelegationSet?.NameServers ?? []);
    },
  };
}

function hostedZone(zone: Partial<Answered>, nameServers: readonly string[]): HostedZone {
  return {
    id: (zone.Id ?? '').replace(/^\/hostedzone\//, ''),
    name: normaliseName(zone.Name ?? ''),
    isPrivate: zone.Config?.PrivateZone === true,
    nameServers: nameServers.map(normaliseName),
  };
}

function listingError(cause: unknown): QuorateError {
  const failure = failureOf(cause);
  const message = 'message' in failure ? failure.message : failure.messages.join(', ');
  const what = "the account's hosted zones could not be listed";
  if (failure.kind === 'throttled') {
    return new QuorateError(
      'ZONE_THROTTLED',
      `${what}: Route 53 is throttling the whole account; try again in a few seconds`,
      { cause },
    );
  }
  return failure.kind === 'access-denied'
    ? new QuorateError(
        'ACCESS_DENIED',
        `${what} (${message}); allow your credentials route53:ListHostedZones, or name the zone with --zone`,
        { cause },
      )
    : new QuorateError('ZONE_UNAVAILABLE', `${what} (${message}); try again`, { cause });
}

function zoneError(zone: ZoneRef, cause: unknown): QuorateError {
  const failure = failureOf(cause);
  const message = 'message' in failure ? failure.message : failure.messages.join(', ');
  const where = `zone ${zone.key} (${zone.id})`;
  switch (failure.kind) {
    case 'throttled':
      return new QuorateError('ZONE_THROTTLED', `${where} could not be asked for`, { cause });
    case 'access-denied':
      return new QuorateError('ACCESS_DENIED', `${where} could not be asked for: ${message}`, {
        cause,
      });
    case 'no-such-zone':
      return new QuorateError(
        'NOT_FOUND',
        `${where} could not be read: Route 53 knows no hosted zone ${zone.id}; correct the id of zones.${zone.key} in quorate.yml`,
        { cause },
      );
    case 'refused':
    case 'busy':
    case 'invalid-input':
    case 'no-such-change':
    case 'unknown':
      return new QuorateError(
        'ZONE_UNAVAILABLE',
        `${where} could not be asked for: ${message}; try again`,
        {
          cause,
        },
      );
  }
}
