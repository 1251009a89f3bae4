/**
 * What can be made to go wrong with the local Route 53, as one mutable object that a fault of the
 * world, a drill or a test sets and resets. `insyncDelayMs` tells the server when it changes, so that
 * changes which wait for a slow INSYNC are served as soon as it heals.
 */
export type Route53Faults = {
  /** Every request is answered `Throttling`. */
  throttled: boolean;
  /** The control plane is away: 503 and cut connections in turn, unless `downAs` says which. */
  down: boolean;
  downAs: '503' | 'reset' | 'alternate';
  /** From acceptance until name servers answer the change. */
  insyncDelayMs: number;
  /** The next n accepted writes take effect, but the connection is cut instead of an answer. */
  replyLost: number;
  /** The next n writes are cut before they take effect. */
  requestLost: number;
  /** The next n writes meet `PriorRequestNotComplete`. */
  busy: number;
  /** The next n writes are accepted with a change id and forgotten: `NoSuchChange`, the zone as before. */
  strandNext: number;
  /** While above 0: a write's connection is cut at once, and it takes effect so much later, if it still can. */
  lateMs: number;
  /** Every request is answered 403. */
  denied: boolean;
  /** Names under record set protection. */
  protectedNames: string[];
  /** Which of AWS's two bodies refuses a batch. */
  errorShape: 'list' | 'messages' | 'alternate';
  /** Whether the texts name the set identifier. */
  namesSetIdentifier: boolean | 'alternate';
  /** Of every zone, as GetHostedZone says it. */
  acceleratedRecoveryStatus: string;
};

export function route53Faults(insyncDelayMs: number, onDelayChanged: () => void): Route53Faults {
  let delayMs = insyncDelayMs;
  return {
    throttled: false,
    down: false,
    downAs: 'alternate',
    get insyncDelayMs() {
      return delayMs;
    },
    set insyncDelayMs(value: number) {
      delayMs = value;
      onDelayChanged();
    },
    replyLost: 0,
    requestLost: 0,
    busy: 0,
    strandNext: 0,
    lateMs: 0,
    denied: false,
    protectedNames: [],
    errorShape: 'alternate',
    namesSetIdentifier: 'alternate',
    acceleratedRecoveryStatus: 'DISABLED',
  };
}
