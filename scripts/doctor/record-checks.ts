/**
 * Records against file and `_quorate` record, one service at a time: every difference is a line with the
 * command that resolves it. The quorum function stops at the first; here a person reads, so all are told.
 */
import { type Fence, isSuperseded, newEntry } from '../../shared/core/fence.ts';
import {
  type Aids,
  digest,
  fenceName,
  nonce,
  type Service,
  type Weight,
} from '../../shared/core/model.ts';
import {
  type Holding,
  isWeighted,
  markOf,
  type Orphan,
  type Snapshot,
  servedText,
  snapshotOf,
  surveyRecords,
  targetText,
} from '../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Facts } from './facts.ts';
import { type Finding, fail, type Line, lineOf, ok, unknown, warn } from './line.ts';

export function recordChecks(facts: Facts, aids: Aids): readonly Line[] {
  return facts.services.flatMap((service) => {
    const read = facts.zones.get(service.zone.key)?.read;
    if (read === undefined || !read.known) {
      const why = read?.why ?? 'the zone was not read';
      return [lineOf('records', [service.id], unknown(why))];
    }
    const snapshot = snapshotOf(service, read.value, facts.config.deployment, facts.now);
    const fence = fenceFinding(service, snapshot, facts);
    const differences = recordFindings(service, snapshot, facts, aids);
    const calm = ok(
      `${snapshot.records.length} records, as the file and the last change left them`,
    );
    return [
      lineOf('_quorate record', [service.id], fence),
      ...(differences.length === 0 ? [calm] : differences).map((finding) =>
        lineOf('records', [service.id], finding),
      ),
    ];
  });
}

function fenceFinding(service: Service, snapshot: Snapshot, { config }: Facts): Finding {
  const { fence } = snapshot;
  const name = fenceName(service);
  const isObserved = service.mode === 'observe';
  switch (fence.kind) {
    case 'managed':
      return isSuperseded(fence.fence, service, config)
        ? warn(
            `${name}: a newer configuration than this file is in force`,
            'take the newest quorate.yml, or npm run deploy this one',
          )
        : ok(`${name}: generation ${fence.fence.generation}`);
    case 'unmanaged':
      if (isObserved) return ok(`none, and none needed: ${service.id} is only observed`);
      return snapshot.records.length === 0
        ? fail(`there is no ${name} and no record`, `quorate apply ${service.id}`)
        : fail(
            `there is no ${name}: nothing is managed`,
            `quorate adopt ${service.id} takes over the records as they are`,
          );
    case 'foreign':
      return fail(
        `${name} belongs to the deployment ${fence.deployment}`,
        `quorate release ${service.id} with that deployment’s file, then quorate adopt ${service.id} with this one`,
      );
    case 'malformed':
      return fail(
        `${name} can’t be read: ${fence.problem}`,
        `quorate adopt ${service.id} writes it anew from the records as they are`,
      );
  }
}

/** Every difference, not only the first that holds the service. */
function recordFindings(
  service: Service,
  snapshot: Snapshot,
  facts: Facts,
  aids: Aids,
): readonly Finding[] {
  // Nobody minds an empty name that nobody manages yet: the fence's line says so.
  if (snapshot.fence.kind !== 'managed' && snapshot.records.length === 0) return [];
  const fence =
    snapshot.fence.kind === 'managed'
      ? snapshot.fence.fence
      : asAdopted(service, snapshot, facts, aids);
  const { holdings, orphans, problems } = surveyRecords(service, snapshot, fence, aids);
  return [
    ...problems.map(({ text, remedy }) => fail(text, remedy)),
    ...holdings.flatMap((holding) => holdingFindings(service, holding, snapshot.fence.kind)),
    ...orphans.map((orphan) => orphanFinding(service, orphan)),
    ...ttlFindings(service, snapshot.records),
  ];
}

/** Without a fence of ours: what adopting the records as they are would make of them. */
const asAdopted = (service: Service, { records }: Snapshot, facts: Facts, aids: Aids): Fence => ({
  deployment: facts.config.deployment,
  generation: 1,
  nonce: nonce('unwritten'),
  parentNonce: null,
  asofAt: facts.now,
  config: service.settings,
  packagedAt: facts.config.packagedAt,
  record: digest('unwritten'),
  rescuedAt: null,
  entries: service.endpoints.flatMap((endpoint) => {
    const own = records
      .filter(isWeighted)
      .find(({ setIdentifier }) => setIdentifier === endpoint.setIdentifier);
    return own === undefined
      ? []
      : [newEntry(markOf(endpoint, aids.digestOf), own.weight as Weight, { kind: 'in' })];
  }),
  orders: [],
});

function holdingFindings(
  service: Service,
  { endpoint, entry, records, edited, strange }: Holding,
  fence: Snapshot['fence']['kind'],
): readonly Finding[] {
  const apply = `quorate apply ${service.id}`;
  if (entry === null) {
    return [
      warn(
        `${endpoint.id} is pending: in the file, not yet in the zone`,
        fence === 'managed'
          ? `${apply} brings it in`
          : `quorate adopt ${service.id}, then ${apply}`,
      ),
    ];
  }
  return [
    ...(strange === null || records.length === 0
      ? []
      : [
          fail(
            `${strange.record.name} ${strange.record.type} of ${endpoint.id} answers ${servedText(strange.record)}, the file says ${targetText(strange.target)}: its votes are not used`,
            `${apply} changes it once the new target is up, or correct the file`,
          ),
        ]),
    ...(edited === null
      ? []
      : fence === 'managed'
        ? [
            warn(
              `drift: ${endpoint.id} ${edited.type} at ${edited.name} has weight ${edited.weight}, the last change left ${entry.weight}`,
              `quorate adopt ${service.id} to keep it, or quorate reassert ${service.id} to undo it`,
            ),
          ]
        : [
            fail(
              `the records of ${endpoint.id} differ in weight: ${edited.name} ${edited.type} has ${edited.weight}, another ${entry.weight}`,
              'make them alike: adopt takes one weight per endpoint',
            ),
          ]),
  ];
}

/** Made by Quorate, and gone from the file. */
function orphanFinding(service: Service, { name, records }: Orphan): Finding {
  const retire = `quorate retire ${service.id} ${name}`;
  return records.every(({ weight }) => weight === 0)
    ? warn(`${name} is an orphan: no longer in the file, weight 0`, `${retire} removes it`)
    : warn(
        `${name} is an orphan: no longer in the file, and still answered`,
        `give it weight 0 (quorate drain ${service.id} ${name}), then ${retire}; or put it back into the file`,
      );
}

/** Route 53 keeps one TTL per weighted group; aliases have none of their own, and answer with 60 s. */
const TTL_SECONDS_MAX = 60;

function ttlFindings(service: Service, records: readonly ZoneRecord[]): readonly Finding[] {
  const groups = Map.groupBy(records, ({ name, type }) => `${name} ${type}`);
  return [...groups].flatMap(([group, members]) => {
    const ttl = members.find(({ ttlSeconds }) => ttlSeconds !== undefined)?.ttlSeconds;
    if (ttl === undefined) return [];
    const hasAlias = members.some(({ alias }) => alias !== undefined);
    return [
      ...(ttl > TTL_SECONDS_MAX
        ? [
            warn(
              `${group} has TTL ${ttl} s: clients keep a dead endpoint that long`,
              `set ttl: ${TTL_SECONDS_MAX}s or less, then quorate apply ${service.id}`,
            ),
          ]
        : []),
      ...(hasAlias && ttl !== TTL_SECONDS_MAX
        ? [
            warn(
              `${group} mixes aliases, which answer with ${TTL_SECONDS_MAX} s, with TTL ${ttl} s: shares differ from weights`,
              `set ttl: ${TTL_SECONDS_MAX}s, then quorate apply ${service.id}`,
            ),
          ]
        : []),
      ...(ttl !== service.ttlSeconds
        ? [
            warn(
              `${group} has TTL ${ttl} s, the file says ${service.ttlSeconds} s`,
              `quorate apply ${service.id}`,
            ),
          ]
        : []),
    ];
  });
}
