/**
 * What is wrong with the world at present: plain, mutable state that faults change and ports look at. Without
 * a fault everything here says "as it should be".
 */
import type { FailCode } from '../../../shared/core/reason-code.ts';
import { noSkew, type Skew } from '../kernel/process-clock.ts';

/** One region as a place: its functions, its clock, its ways to everything else. */
export type PlaceConditions = {
  /** Nothing runs and nothing answers there, its replica included. */
  isDead: boolean;
  /** No trigger arrives (the scheduler, not the functions). */
  isUntriggered: boolean;
  /** A trigger comes this much later, or twice. */
  triggerDelayMsMax: number;
  triggerTwice: number;
  /** New processes start this much later, or fail to. */
  coldStartMs: number;
  initFails: number;
  /** Per invocation: the process dies somewhere in the next seconds. */
  killChance: number;
  readonly skew: Skew;
  /** Probability that a probe from here gets no answer; 1: cut off from everything it probes. */
  probeLoss: number;
  /** The same for control targets. */
  controlLoss: number;
  /** Every probe is skipped for the vantage's own reason. */
  cannotProbe: 'own-dns' | 'no-route' | 'no-handles' | null;
  /** No route for the newer family: its probes are skipped. */
  hasNoIpv6: boolean;
  /** What the event loop says of itself. */
  loopLateMs: number;
  /** Its reports say something else than it saw. */
  lies:
    | 'down'
    | 'up'
    | 'alternating'
    | 'per-reader'
    | 'malformed'
    | 'names-another'
    | 'cut-short'
    | 'old-times'
    | 'future-times'
    | null;
  /** Its reports say that a newer release wrote them, which reads a format more. */
  release: string | null;
  /** Functions that may run at once; the rest is throttled. */
  concurrencyMax: number;
  /** New `quorum` processes wait for their turn. */
  takesTurns: boolean;
  /** Its own mistake: round starts are taken from the time of writing. */
  table: {
    errorChance: number;
    replyLoss: number;
    isCut: boolean;
    repeats: number;
    /** Of writes of the own report only. */
    reportWritesFail: number;
    /** Of each report in a read: it is not in the answer. */
    readMisses: number;
  };
  route53: { isCut: boolean; requestLoss: number; replyLoss: number; late: number; lateMs: number };
  /** Of one way of any call. */
  oneWayMs: { from: number; to: number };
};

export const goodPlace = (): PlaceConditions => ({
  isDead: false,
  isUntriggered: false,
  triggerDelayMsMax: 0,
  triggerTwice: 0,
  coldStartMs: 400,
  initFails: 0,
  killChance: 0,
  skew: noSkew(),
  probeLoss: 0,
  controlLoss: 0,
  cannotProbe: null,
  hasNoIpv6: false,
  loopLateMs: 0,
  lies: null,
  release: null,
  concurrencyMax: 10,
  takesTurns: true,
  table: {
    errorChance: 0,
    replyLoss: 0,
    isCut: false,
    repeats: 0,
    reportWritesFail: 0,
    readMisses: 0,
  },
  route53: { isCut: false, requestLoss: 0, replyLoss: 0, late: 0, lateMs: 60_000 },
  oneWayMs: { from: 10, to: 60 },
});

/** How an endpoint answers. `fails` of 1 always, of 0.3 three times in ten. */
export type EndpointConditions = {
  how: 'answers' | 'fails';
  /** What a failing probe sees; `timeout` takes the whole timeout. */
  code: FailCode;
  status: number;
  /** Of a healthy answer: 429 is one, where the check names no status. */
  answerStatus: number;
  fails: number;
  latencyMs: number;
  /** Probability of failing as seen from one vantage only. */
  readonly failsFrom: Map<string, number>;
  /** Only the address of this family fails. */
  family: 4 | 6 | null;
  /** What probes and clients see differ: a health URL that is fine over a dead path, or the other way. */
  clients: 'as-probed' | 'served' | 'dead';
};

export const goodEndpoint = (): EndpointConditions => ({
  how: 'answers',
  code: 'refused',
  status: 503,
  answerStatus: 200,
  fails: 1,
  latencyMs: 40,
  failsFrom: new Map(),
  family: null,
  clients: 'as-probed',
});

export type Route53Conditions = {
  /** The control plane answers nobody. */
  isDown: boolean;
  /** Probability that a call is answered with this. */
  throttled: number;
  /** The same, of changes only: they have a meter of their own. */
  throttledChanges: number;
  busy: number;
  denied: boolean;
  /** Probability of a 5xx, and whether the batch had its effect before it. */
  failsBefore: number;
  failsAfter: number;
  /** Probability that a listing is that of a moment ago. */
  staleReads: number;
  /** Zones that nobody finds. */
  readonly missingZones: Set<string>;
  insyncMs: { from: number; to: number };
  /** Names whose records nobody may change. */
  readonly protectedNames: Set<string>;
};

export const goodRoute53 = (): Route53Conditions => ({
  isDown: false,
  throttled: 0,
  throttledChanges: 0,
  busy: 0,
  denied: false,
  failsBefore: 0,
  failsAfter: 0,
  staleReads: 0,
  missingZones: new Set(),
  insyncMs: { from: 3_000, to: 50_000 },
  protectedNames: new Set(),
});

export type TableConditions = {
  /** Nobody can reach it any more. */
  isGone: boolean;
  lagMs: { from: number; to: number };
  /** Into this region. */
  readonly lagIntoMs: Map<string, number>;
  /** `from>to`: nothing passes until it is opened again. */
  readonly cut: Set<string>;
  /** Probability that two writes to one item arrive as one. */
  mergeChance: number;
};

export const goodTable = (): TableConditions => ({
  isGone: false,
  lagMs: { from: 300, to: 1_500 },
  lagIntoMs: new Map(),
  cut: new Set(),
  mergeChance: 0,
});
