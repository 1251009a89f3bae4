/**
 * Letting go, the opposite of adopting: the fence is deleted in a batch that asserts every record it
 * listed, so nothing else changes and nothing is written afterwards. Restoring gives every endpoint its
 * configured weight first, dead ones included: whoever asks for it is leaving, and nobody would raise
 * them later.
 */
import { type Commit, type RecordPair, sortedEntries } from './commit.ts';
import type { Fence } from './fence.ts';
import { verdictOf } from './first-draft.ts';
import { emptyRecordGroup } from './membership.ts';
import { type Endpoint, type EndpointId, fenceName, type Service, type Weight } from './model.ts';
import { nothing, type Operated, type OperationInput, planned, refused } from './operated.ts';
import type { Reason } from './reason.ts';
import { isWeighted, markOf, matchRecords, type WeightedRecord } from './snapshot.ts';
import { judge } from './verdict.ts';

export function release(restores: boolean, input: OperationInput): Operated {
  const { service, snapshot, aids } = input;
  const { fence: state } = snapshot;
  const name = fenceName(service);
  switch (state.kind) {
    case 'unmanaged':
      return nothing(`${name} does not exist, so ${service.id} is not managed`);
    case 'foreign':
      return refused(`${name} belongs to deployment ${state.deployment}; release it from there`);
    case 'malformed':
      return refused(
        `${name} can't be used: ${state.problem}; run \`quorate adopt ${service.id}\` first, or delete it in Route 53 yourself`,
      );
    case 'managed':
      break;
  }
  const listed = new Set(state.fence.entries.map(({ mark }) => mark));
  // What the fence does not list is none of ours: it is not even asserted.
  const own = snapshot.records
    .filter(isWeighted)
    .filter((record) => listed.has(markOf(record, aids.digestOf)));
  const pairs = own.map((record) =>
    restores ? restoredPair(record, service) : { before: record, after: record },
  );
  const empty = emptyRecordGroup(pairs);
  if (empty !== null) return refused(allZeroText(empty, restores));
  const reasons: Reason[] = [
    ...(restores ? restoredReasons(pairs, input) : []),
    ...droppedOrders(state.fence),
    { code: 'released', service: service.id, fence: name, low: lowAmong(pairs, service) },
  ];
  return planned({ ...commitOf(state.fence, pairs), isRelease: true }, [], reasons);
}

/** Every endpoint of the first tier at its configured weight, later ones idle; orders end with it. */
export function restore(fence: Fence, input: OperationInput): Operated {
  const { service, snapshot, aids, now } = input;
  const matched = matchRecords(service, snapshot, fence, aids);
  if (matched.kind === 'held') return refused(`${matched.problem.text}; ${matched.problem.remedy}`);
  const pairs = [...matched.holdings, ...matched.orphans].flatMap(({ records }) =>
    records.map((record) => restoredPair(record, service)),
  );
  const empty = emptyRecordGroup(pairs);
  if (empty !== null) return refused(allZeroText(empty, true));
  const reasons = [...restoredReasons(pairs, input), ...droppedOrders(fence)];
  if (reasons.length === 0)
    return nothing('every weight is as configured, and no order is in force');
  const restored = matched.holdings.flatMap(({ endpoint, entry }) => {
    if (entry === null) return [];
    const weight = restoredWeight(endpoint, service);
    return [
      {
        ...entry,
        weight,
        phase: { kind: 'in' as const },
        changedAt: weight === entry.weight ? entry.changedAt : now,
        waits: false,
        approved: false,
      },
    ];
  });
  const entries = sortedEntries([...restored, ...matched.orphans.map(({ entry }) => entry)]);
  return planned(commitOf({ ...fence, entries, orders: [] }, pairs), [], reasons);
}

const lowAmong = (pairs: readonly Pair[], service: Service): readonly EndpointId[] =>
  service.endpoints
    .filter((endpoint) =>
      pairs.some(
        ({ after }) =>
          after.setIdentifier === endpoint.setIdentifier &&
          after.weight < restoredWeight(endpoint, service),
      ),
    )
    .map(({ id }) => id);

const allZeroText = (group: string, restores: boolean): string =>
  restores
    ? `restoring would leave every weight of ${group} at 0; leave the weights as they are`
    : `every weight of ${group} is 0; give one endpoint weight first`;

const commitOf = (fence: Fence, records: readonly RecordPair[]): Commit => ({
  by: 'operator',
  order: null,
  records,
  fence: {
    deployment: fence.deployment,
    asofAt: fence.asofAt,
    config: fence.config,
    packagedAt: fence.packagedAt,
    rescuedAt: fence.rescuedAt,
    entries: fence.entries,
    orders: fence.orders,
  },
  isRescue: false,
});

const droppedOrders = (fence: Fence): readonly Reason[] =>
  fence.orders.map(({ id, untilAt }) => ({ code: 'order-dropped', order: id, untilAt }));

function restoredWeight(endpoint: Endpoint, { endpoints }: Service): Weight {
  const first = Math.min(...endpoints.map(({ tier }) => tier));
  return endpoint.tier === first ? endpoint.weight : (0 as Weight);
}

type Pair = { readonly before: WeightedRecord; readonly after: WeightedRecord };

/** An orphan has no configured weight: it stays as it is. */
function restoredPair(record: WeightedRecord, service: Service): Pair {
  const endpoint = service.endpoints.find((one) => one.setIdentifier === record.setIdentifier);
  const weight = endpoint === undefined ? record.weight : restoredWeight(endpoint, service);
  return { before: record, after: { ...record, weight } };
}

function restoredReasons(
  pairs: readonly Pair[],
  { service, votes }: OperationInput,
): readonly Reason[] {
  const verdicts = judge(service, votes, new Map());
  return service.endpoints.flatMap((endpoint): Reason[] => {
    const moved = pairs.find(
      ({ before, after }) =>
        before.setIdentifier === endpoint.setIdentifier && before.weight !== after.weight,
    );
    if (moved === undefined) return [];
    return [
      {
        endpoint: endpoint.id,
        code: 'restored',
        from: moved.before.weight,
        weight: moved.after.weight,
        isDown: verdictOf(verdicts, endpoint.id).value === 'down',
      },
    ];
  });
}
