/**
 * What really happened, as the world knows it: the only thing that checkers look at. Times are true time.
 * Only types of the production code are used here.
 */
import type { Config, Service, VantageId } from '../../../shared/core/model.ts';
import type { DecisionRecord, Mark } from '../../../shared/core/record.ts';
import type { Report } from '../../../shared/core/report.ts';
import type { Change, ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { CommitReply } from '../../../shared/ports.ts';
import type { ServiceAnswer } from '../../../shared/rounds/override-round.ts';
import type { QuorumResult } from '../../../shared/rounds/quorum-result.ts';

export type FunctionName = 'probe' | 'quorum' | 'notify' | 'operator';

/** One simulated process. */
export type ProcessName = {
  readonly number: number;
  readonly region: VantageId;
  readonly name: FunctionName;
  /** Of the file it was deployed with. */
  readonly config: Config;
};

/** All records of a zone, by `recordKey`: never changed in place. */
export type ZoneState = ReadonlyMap<string, ZoneRecord>;

export type Batch = {
  readonly number: number;
  readonly zone: string;
  readonly from: ProcessName;
  readonly changes: readonly Change[];
  readonly comment: string;
  readonly sentAtMs: number;
};

export type WorldEvent =
  /** A read was answered: this is what its reader goes by. */
  | {
      readonly kind: 'zone-read';
      readonly atMs: number;
      readonly zone: string;
      readonly by: ProcessName;
      readonly state: ZoneState;
    }
  /** That answer reached its reader in time. */
  | {
      readonly kind: 'zone-held';
      readonly atMs: number;
      readonly zone: string;
      readonly by: ProcessName;
      readonly state: ZoneState;
    }
  /** It left the process; it may arrive once, twice, late or never. */
  | { readonly kind: 'batch-sent'; readonly atMs: number; readonly batch: Batch }
  | {
      readonly kind: 'batch-arrived';
      readonly atMs: number;
      readonly batch: Batch;
      readonly answer: CommitReply['kind'];
      readonly before: ZoneState;
      /** The same as before unless the answer is `accepted`. */
      readonly after: ZoneState;
      readonly changeId: string | null;
    }
  | {
      readonly kind: 'batch-answered';
      readonly atMs: number;
      readonly batch: Batch;
      readonly reply: CommitReply['kind'];
    }
  /** A person in the console, or infrastructure code: not through Quorate. */
  | {
      readonly kind: 'zone-edited';
      readonly atMs: number;
      readonly zone: string;
      readonly what: string;
      readonly before: ZoneState;
      readonly after: ZoneState;
    }
  /** Route 53 forgot what was not served yet. */
  | {
      readonly kind: 'zone-stranded';
      readonly atMs: number;
      readonly zone: string;
      readonly before: ZoneState;
      readonly after: ZoneState;
    }
  /** What name servers answer changed. */
  | {
      readonly kind: 'zone-served';
      readonly atMs: number;
      readonly zone: string;
      readonly state: ZoneState;
    }
  | {
      readonly kind: 'report-written';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly report: Report;
      /** True time at which its newest round began; null where it can't be told. */
      readonly observedAtMs: number | null;
    }
  | {
      readonly kind: 'reports-read';
      readonly atMs: number;
      readonly by: ProcessName;
      /** Raw items as handed over. */
      readonly reports: ReadonlyMap<VantageId, unknown>;
    }
  | {
      readonly kind: 'record-written';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly record: DecisionRecord;
    }
  | {
      readonly kind: 'mark-written';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly mark: Mark;
    }
  | {
      readonly kind: 'decided';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly results: readonly QuorumResult[];
    }
  | {
      readonly kind: 'order-asked';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly service: Service['id'];
      readonly operation: ServiceAnswer['operation'];
      readonly actor: string;
    }
  | {
      readonly kind: 'order-answered';
      readonly atMs: number;
      readonly askedAtMs: number;
      readonly by: ProcessName;
      readonly answer: ServiceAnswer;
      readonly actor: string;
    }
  | {
      readonly kind: 'invocation-ended';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly startedAtMs: number;
      readonly how: 'returned' | 'failed' | 'timed-out' | 'killed';
      readonly why: string;
      /** It stood still for a while: how long it took says nothing about what it did. */
      readonly wasFrozen?: boolean;
    }
  /** The truth about an endpoint changed: what a perfect look from anywhere would see, and what clients get. */
  | {
      readonly kind: 'endpoint-changed';
      readonly atMs: number;
      readonly service: string;
      readonly endpoint: string;
      readonly isUp: boolean;
      readonly serves: boolean;
    }
  /** faults → healed (a core is whole again, some faults may last) → quiet (nothing is wrong any more). */
  | {
      readonly kind: 'phase';
      readonly atMs: number;
      readonly phase: 'faults' | 'healed' | 'quiet';
    }
  | {
      readonly kind: 'fault-began';
      readonly atMs: number;
      readonly id: string;
      readonly what: string;
    }
  | {
      readonly kind: 'fault-ended';
      readonly atMs: number;
      readonly id: string;
      readonly what: string;
    }
  /** A fault truly took effect, once: what is counted per row of faults.md. */
  | {
      readonly kind: 'fault-injected';
      readonly atMs: number;
      /** A key of `FAULT_KINDS`. */
      readonly id: string;
      readonly rows: readonly string[];
      readonly what: string;
    }
  | {
      readonly kind: 'metric';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly name: string;
      readonly value: number;
      readonly dimensions: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'logged';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly level: string;
      readonly message: string;
    }
  | { readonly kind: 'heartbeat'; readonly atMs: number; readonly by: ProcessName }
  | {
      readonly kind: 'delivered';
      readonly atMs: number;
      readonly by: ProcessName;
      readonly channel: string;
      readonly digest: string;
      readonly text: string;
    };

export type Listener = (event: WorldEvent) => void;
