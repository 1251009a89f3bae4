/**
 * Code → its section in the runbooks. Every reason says here whether it holds something back: then it has a
 * section, and alarms, notifications and pages link to it. A new reason forces the choice.
 */
import type { ReasonCode } from './reason.ts';

export const RUNBOOKS = 'docs/runbooks.md';

const HOLDS = {
  healthy: false,
  'quorum-down': true,
  'no-quorum': true,
  unproven: true,
  'not-what-is-served': true,
  drained: false,
  pinned: false,
  frozen: true,
  'order-over': true,
  'idle-tier': false,
  'tier-entered': false,
  'tier-left': false,
  'tier-kept': true,
  'hold-down': true,
  'awaiting-approval': true,
  ramp: true,
  returned: false,
  drift: true,
  'drift-waits': true,
  pending: true,
  orphan: true,
  rescued: false,
  'rescue-removed': false,
  floor: true,
  'all-down': true,
  velocity: true,
  'never-all-zero': true,
  'last-healthy': true,
  'rescue-held': true,
  'rescue-again': true,
  unmanaged: true,
  foreign: true,
  'malformed-fence': true,
  records: true,
  'superseded-config': true,
  'not-quorate': true,
  'stale-evidence': true,
  'service-frozen': true,
  'order-started': false,
  'order-ended': false,
  'order-given': false,
  'order-cancelled': false,
  'order-extended': false,
  'order-withheld': true,
  'clock-in-doubt': true,
  blocked: true,
  bug: true,
  'brought-in': false,
  retired: false,
  adopted: false,
  reasserted: false,
  approved: false,
  'record-added': false,
  'target-changed': false,
  'target-waits': true,
  renamed: false,
  'health-check-set': false,
  'health-check-kept': false,
  'flag-set': false,
  converted: false,
  restored: false,
  'ttl-set': false,
  'group-waits': true,
  'group-empty': true,
  released: false,
  'fence-replaced': false,
  'order-dropped': false,
} as const satisfies Record<ReasonCode, boolean>;

/** What is held back, or waits: each has a section. */
export const HELD_CODES: readonly ReasonCode[] = (Object.keys(HOLDS) as ReasonCode[]).filter(
  (code) => HOLDS[code],
);

/** `QuorateAutomationOff` → `automation-off`; codes are their own anchors. */
export const runbookAnchor = (name: string): string =>
  name
    .replace(/^Quorate(?=[A-Z])/, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();

export const runbookLink = (name: string): string => `${RUNBOOKS}#${runbookAnchor(name)}`;
