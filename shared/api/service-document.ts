/**
 * One service's assessment and its newest decisions → the document of `GET /v1/services/{service}`: all of
 * `status`, the `_quorate` record itself, how far its last change has come, and what would change.
 */
import type { Decided } from '../core/decided.ts';
import { fenceValue } from '../core/fence.ts';
import type { Config, EpochMs } from '../core/model.ts';
import { fenceName } from '../core/model.ts';
import { safeText } from '../core/safe-text.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { whatWouldChange } from '../core/what-would-change.ts';
import type { Assessed, Assessment } from '../rounds/assess.ts';
import type { ServiceDocument } from './status.ts';
import { serviceShown } from './status-document.ts';

type LastChange = NonNullable<ServiceDocument['lastChange']>;

/** Changes are served within a minute; what was never asked about stays unknown. */
const PENDING_MS_MAX = 10 * 60_000;
/** Of one TXT value, and of whatever somebody else put there. */
const FENCE_TEXT_MAX = 4_000;

export function serviceDocument(
  config: Pick<Config, 'deployment'>,
  assessment: Assessment,
  assessed: Assessed,
  recent: readonly Decided[],
): ServiceDocument {
  const { service, snapshot, result } = assessed;
  return {
    format: 1,
    deployment: config.deployment,
    region: assessment.region,
    at: assessment.now,
    ...serviceShown(assessed, assessment),
    fence: {
      name: fenceName(service),
      state: snapshot === null ? 'unread' : snapshot.fence.kind,
      text: snapshot === null ? null : fenceText(snapshot),
    },
    lastChange: snapshot === null ? null : lastChangeOf(snapshot, recent, assessment.now),
    whatWouldChange: result === null ? [] : whatWouldChange(result.decision),
    notes: assessment.notes,
  };
}

/** As it stands in DNS. */
function fenceText({ fence, fenceRecord }: Snapshot): string | null {
  if (fence.kind === 'managed') return fenceValue(fence.fence);
  return fenceRecord === null
    ? null
    : safeText((fenceRecord.values ?? []).join(' '), FENCE_TEXT_MAX);
}

function lastChangeOf(
  { fence: state }: Snapshot,
  recent: readonly Decided[],
  now: EpochMs,
): LastChange | null {
  if (state.kind !== 'managed') return null;
  const { generation, nonce } = state.fence;
  const own = recent.find(
    ({ record }) => record.generation === generation && record.nonce === nonce,
  );
  const at = own === undefined ? null : (own.committedAt ?? own.record.at);
  return {
    generation,
    at,
    changeId: own?.changeId ?? null,
    state:
      own === undefined || at === null
        ? 'unknown'
        : own.seenAt !== null
          ? 'seen'
          : own.insyncAt !== null
            ? 'insync'
            : now - at <= PENDING_MS_MAX
              ? 'pending'
              : 'unknown',
    insyncAt: own?.insyncAt ?? null,
    seenAt: own?.seenAt ?? null,
  };
}
