/**
 * Rules produce data; this file alone turns it into the sentences that status, plan, log, audit,
 * notification and dashboard all show. A sentence names the endpoint and the numbers, and what happens
 * next or what to do.
 */
import { type ChangeReason, changeSentence } from './change-reason.ts';
import type { EndpointId, EpochMs, OrderId, RegionId, ServiceId, VantageId } from './model.ts';
import { clockTime, list, momentText, span } from './phrase.ts';

export { clockTime, list, span };

type About = { readonly endpoint: EndpointId };

/** Why one endpoint's weight is what it is, or what was held back. */
export type EndpointReason =
  | (About & { readonly code: 'healthy'; readonly ups: number; readonly of: number })
  | (About & {
      readonly code: 'quorum-down';
      readonly vantages: readonly VantageId[];
      readonly failure: string;
      readonly sinceAt: EpochMs;
      readonly quorum: number;
      readonly of: number;
    })
  | (About & {
      readonly code: 'no-quorum';
      readonly ups: number;
      readonly downs: number;
      readonly quorum: number;
      readonly of: number;
    })
  | (About & {
      readonly code: 'unproven';
      readonly failure: string;
      readonly downs: number;
      readonly of: number;
    })
  | (About & {
      readonly code: 'not-what-is-served';
      readonly service: ServiceId;
      readonly record: string;
      readonly served: string;
      readonly configured: string;
    })
  | (About & { readonly code: 'drained'; readonly order: OrderId; readonly untilAt: EpochMs })
  | (About & {
      readonly code: 'pinned';
      readonly order: OrderId;
      readonly weight: number;
      readonly untilAt: EpochMs;
    })
  | (About & { readonly code: 'frozen'; readonly order: OrderId; readonly untilAt: EpochMs })
  | (About & { readonly code: 'order-over'; readonly order: OrderId; readonly untilAt: EpochMs })
  | (About & { readonly code: 'idle-tier'; readonly tier: number; readonly serving: number })
  | (About & {
      readonly code: 'tier-entered';
      readonly tier: number;
      readonly down: readonly EndpointId[];
    })
  | (About & { readonly code: 'tier-left'; readonly tier: number; readonly serving: number })
  | (About & { readonly code: 'tier-kept'; readonly tier: number; readonly returning: number })
  | (About & {
      readonly code: 'hold-down';
      readonly untilAt: EpochMs;
      readonly relapses: number;
      readonly holdDownMs: number;
      readonly baseMs: number;
    })
  | (About & { readonly code: 'awaiting-approval'; readonly service: ServiceId })
  | (About & { readonly code: 'ramp'; readonly percent: number; readonly nextAt: EpochMs })
  | (About & { readonly code: 'returned' })
  | (About & {
      readonly code: 'drift';
      readonly service: ServiceId;
      readonly record: string;
      readonly found: number;
      readonly left: number;
    })
  | (About & { readonly code: 'drift-waits'; readonly service: ServiceId })
  | (About & { readonly code: 'pending'; readonly service: ServiceId })
  | (About & { readonly code: 'orphan'; readonly service: ServiceId })
  | (About & {
      readonly code: 'rescued';
      readonly down: readonly EndpointId[];
      readonly ups: number;
      readonly of: number;
    })
  | (About & { readonly code: 'rescue-removed'; readonly takenOverBy: readonly EndpointId[] })
  | (About & {
      readonly code: 'floor';
      readonly leavesPercent: number;
      readonly floorPercent: number;
    })
  | (About & {
      readonly code: 'all-down';
      readonly endpoints: number;
      /** Of them: not voted down yet, but a quorum's last probes failed. */
      readonly failing: number;
      readonly failure: string;
    })
  | (About & {
      readonly code: 'velocity';
      readonly region: RegionId;
      readonly regions: number;
      readonly windowMs: number;
      readonly untilAt: EpochMs;
    })
  | (About & { readonly code: 'never-all-zero'; readonly record: string })
  | (About & { readonly code: 'last-healthy' })
  | (About & { readonly code: 'rescue-held'; readonly command: string })
  | (About & { readonly code: 'rescue-again'; readonly untilAt: EpochMs });

/** Why a whole service is left alone, or what happened to one of its orders. */
export type ServiceReason =
  | {
      readonly code: 'unmanaged';
      readonly service: ServiceId;
      readonly fence: string;
      /** No record stands at any of its names. */
      readonly isEmpty: boolean;
    }
  | {
      readonly code: 'foreign';
      readonly service: ServiceId;
      readonly fence: string;
      readonly deployment: string;
    }
  | {
      readonly code: 'malformed-fence';
      readonly service: ServiceId;
      readonly fence: string;
      readonly problem: string;
    }
  | {
      readonly code: 'records';
      readonly service: ServiceId;
      readonly problem: string;
      readonly remedy: string;
    }
  | {
      readonly code: 'superseded-config';
      readonly service: ServiceId;
      readonly packagedAt: EpochMs;
      readonly newerAt: EpochMs;
    }
  | {
      readonly code: 'not-quorate';
      readonly service: ServiceId;
      readonly usable: number;
      readonly quorum: number;
      readonly of: number;
      readonly silent: readonly string[];
    }
  | {
      readonly code: 'stale-evidence';
      readonly service: ServiceId;
      readonly asofAt: EpochMs;
      readonly fenceAsofAt: EpochMs;
    }
  | {
      readonly code: 'service-frozen';
      readonly service: ServiceId;
      readonly order: OrderId;
      readonly untilAt: EpochMs;
    }
  | { readonly code: 'order-started'; readonly order: OrderId }
  | { readonly code: 'order-ended'; readonly order: OrderId }
  | { readonly code: 'order-given'; readonly order: OrderId; readonly untilAt: EpochMs }
  | { readonly code: 'order-cancelled'; readonly order: OrderId }
  | { readonly code: 'order-extended'; readonly order: OrderId; readonly untilAt: EpochMs }
  | { readonly code: 'order-withheld'; readonly order: OrderId; readonly why: string }
  | { readonly code: 'clock-in-doubt'; readonly service: ServiceId; readonly offMs: number | null }
  | {
      readonly code: 'blocked';
      readonly service: ServiceId;
      readonly why: string;
      readonly untilAt: EpochMs;
    }
  | { readonly code: 'bug'; readonly service: ServiceId; readonly assertion: string };

export type Reason = EndpointReason | ServiceReason | ChangeReason;
export type ReasonCode = Reason['code'];

/** What was not done although something asked for it: raised as an alarm. */
const WITHHELD = new Set<ReasonCode>([
  'floor',
  'all-down',
  'velocity',
  'never-all-zero',
  'last-healthy',
  'rescue-held',
  'rescue-again',
  'order-withheld',
]);
export const isWithheld = (reason: Reason): boolean => WITHHELD.has(reason.code);

export function sentence(reason: Reason): string {
  switch (reason.code) {
    case 'healthy':
      return `up: ${reason.endpoint} passes in ${reason.ups} of ${reason.of} vantages`;
    case 'quorum-down':
      return downText(reason);
    case 'no-quorum':
      return `unknown: ${reason.endpoint} has ${reason.ups} up and ${reason.downs} down votes, quorum is ${reason.quorum} of ${reason.of}; DNS unchanged`;
    case 'unproven':
      return `unproven: ${reason.endpoint} fails in ${reason.downs} of ${reason.of} vantages (${reason.failure}), but its check has never passed as configured now; DNS unchanged, check the path and what the firewall lets through`;
    case 'not-what-is-served':
      return `not what is served: ${reason.record} of ${reason.endpoint} answers ${reason.served}, the file says ${reason.configured}; its votes are not used; run \`quorate apply ${reason.service}\``;
    case 'drained':
      return `drained: ${reason.endpoint} until ${momentText(reason.untilAt)} by order ${reason.order}`;
    case 'pinned':
      return `pinned: ${reason.endpoint} at weight ${reason.weight} until ${momentText(reason.untilAt)} by order ${reason.order}`;
    case 'frozen':
      return `frozen: ${reason.endpoint} stays as it is until ${momentText(reason.untilAt)} by order ${reason.order}`;
    case 'order-over':
      return `order over: ${reason.order} on ${reason.endpoint} ended ${clockTime(reason.untilAt)}; its end is being committed`;
    case 'idle-tier':
      return `idle: ${reason.endpoint} is in tier ${reason.tier}, tier ${reason.serving} serves`;
    case 'tier-entered':
      return `tier ${reason.tier} takes over: ${reason.endpoint} serves, since ${reason.down.length === 0 ? 'the tier before it has too little weight' : `${list(reason.down)} ${reason.down.length === 1 ? 'is' : 'are'} down`}`;
    case 'tier-left':
      return `tier ${reason.tier} leaves: ${reason.endpoint} makes way, tier ${reason.serving} serves`;
    case 'tier-kept':
      return `tier ${reason.tier} stays: ${reason.endpoint} keeps its weight until tier ${reason.returning} is back at 100 %`;
    case 'hold-down':
      return `waiting until ${clockTime(reason.untilAt)}: ${reason.endpoint} is up again, weight returns then (${relapseText(reason)})`;
    case 'awaiting-approval':
      return `waiting for approval: ${reason.endpoint} is up again; run \`quorate approve ${reason.service} ${reason.endpoint}\` to let its weight return`;
    case 'ramp':
      return `returning: ${reason.endpoint} is at ${reason.percent} %, next step not before ${clockTime(reason.nextAt)}`;
    case 'returned':
      return `returned: ${reason.endpoint} is back at its full weight`;
    case 'drift':
      return `drift: ${reason.endpoint} ${reason.record} has weight ${reason.found}, the last commit left ${reason.left}; kept as it is, other endpoints are still protected; run \`quorate adopt ${reason.service}\` to keep it or \`quorate reassert ${reason.service}\` to undo it`;
    case 'drift-waits':
      return `waiting: ${reason.endpoint} is up, its weight returns once the drift is settled; run \`quorate adopt ${reason.service}\` or \`quorate reassert ${reason.service}\``;
    case 'pending':
      return `pending: ${reason.endpoint} is in the file and not yet in the zone; run \`quorate apply ${reason.service}\` to bring it in`;
    case 'orphan':
      return `orphan: ${reason.endpoint} is in the zone and no longer in the file; left as it is; run \`quorate retire ${reason.service} ${reason.endpoint}\` once its weight is 0`;
    case 'rescued':
      return `rescue: ${list(reason.down)} (last in service) ${reason.down.length === 1 ? 'is' : 'are'} down, ${reason.endpoint} is up, ${reason.ups} of ${reason.of}; it takes over now`;
    case 'rescue-removed':
      return `rescue: ${reason.endpoint} is down and ${list(reason.takenOverBy)} took over`;
    case 'floor':
      return `withheld: removing ${reason.endpoint} would leave ${reason.leavesPercent} % in service, floor is ${reason.floorPercent} %`;
    case 'all-down':
      return `withheld: all ${reason.endpoints} endpoints look down (${reason.failure}${reason.failing === 0 ? '' : `; ${reason.failing} of them ${reason.failing === 1 ? 'has' : 'have'} only begun to fail`}), a common cause is likelier than the loss of everything; DNS unchanged for ${reason.endpoint}`;
    case 'velocity':
      return `withheld: removing ${reason.endpoint} waits until ${clockTime(reason.untilAt)}; ${reason.region} would be more than ${reason.regions} ${reason.regions === 1 ? 'region' : 'regions'} in ${span(reason.windowMs)}`;
    case 'never-all-zero':
      return `withheld: without ${reason.endpoint} every weight of ${reason.record} would be 0, and Route 53 would answer all of them alike`;
    case 'last-healthy':
      return `withheld: ${reason.endpoint} is the last healthy endpoint in DNS; it keeps its weight until another one is up`;
    case 'rescue-held':
      return `withheld: ${reason.endpoint} is up and could take over, but an operator holds it; run \`${reason.command}\` to let it`;
    case 'rescue-again':
      return `withheld: ${reason.endpoint} could take over, but the last rescue is less than 2 min ago; waiting until ${clockTime(reason.untilAt)}`;
    case 'brought-in':
    case 'retired':
    case 'adopted':
    case 'reasserted':
    case 'approved':
    case 'record-added':
    case 'target-changed':
    case 'target-waits':
    case 'renamed':
    case 'health-check-set':
    case 'health-check-kept':
    case 'flag-set':
    case 'converted':
    case 'restored':
    case 'ttl-set':
    case 'group-waits':
    case 'group-empty':
    case 'released':
    case 'fence-replaced':
    case 'order-dropped':
      return changeSentence(reason);
    case 'unmanaged':
      return `unmanaged: ${reason.fence} does not exist, so nothing is written; run \`quorate ${reason.isEmpty ? 'apply' : 'adopt'} ${reason.service}\``;
    case 'foreign':
      return `blocked: ${reason.fence} belongs to deployment ${reason.deployment}; nothing is written; run \`quorate adopt ${reason.service}\` only if that deployment has let go of it`;
    case 'malformed-fence':
      return `blocked: ${reason.fence} can't be used: ${reason.problem}; nothing is written; run \`quorate adopt ${reason.service}\``;
    case 'records':
      return `drift: ${reason.problem}; ${reason.service} is held; ${reason.remedy}`;
    case 'superseded-config':
      return `superseded: this region's configuration of ${reason.service} was packaged ${clockTime(reason.packagedAt)}, the one in force ${clockTime(reason.newerAt)}; deploy here`;
    case 'not-quorate':
      return `not quorate: ${reason.usable} of ${reason.of} vantages of ${reason.service} have a usable report, quorum is ${reason.quorum}; DNS unchanged${reason.silent.length === 0 ? '' : ` (${list(reason.silent)})`}`;
    case 'stale-evidence':
      return `waiting: the reports seen here for ${reason.service} (${clockTime(reason.asofAt)}) are older than what the last commit knew (${clockTime(reason.fenceAsofAt)}); DNS unchanged`;
    case 'service-frozen':
      return `frozen: ${reason.service} stays as it is until ${momentText(reason.untilAt)} by order ${reason.order}`;
    case 'order-started':
      return `order ${reason.order} begins`;
    case 'order-ended':
      return `order ${reason.order} has ended; what it covered returns by its health`;
    case 'order-given':
      return `order ${reason.order} is given until ${momentText(reason.untilAt)}`;
    case 'order-cancelled':
      return `order ${reason.order} is cancelled; what it covered returns by its health`;
    case 'order-extended':
      return `order ${reason.order} is extended until ${momentText(reason.untilAt)}`;
    case 'order-withheld':
      return `withheld: order ${reason.order} does not begin: ${reason.why}`;
    case 'clock-in-doubt':
      return reason.offMs === null
        ? `waiting: Route 53 told no time for ${reason.service}, so no order begins or ends here`
        : `waiting: this region's clock is ${reason.offMs} ms off Route 53's, so no order of ${reason.service} begins or ends here`;
    case 'blocked':
      return `blocked: Route 53 refuses changes of ${reason.service} (${reason.why}); next try ${clockTime(reason.untilAt)}`;
    case 'bug':
      return `held: ${reason.service} met a state that should not exist (${reason.assertion}); DNS unchanged, please report this`;
  }
}

function downText(reason: Extract<EndpointReason, { code: 'quorum-down' }>): string {
  return reason.failure === ''
    ? `down: ${list(reason.vantages)} ${reason.vantages.length === 1 ? 'sees' : 'see'} ${reason.endpoint} pass again since ${clockTime(reason.sinceAt)}, not yet often enough in a row, quorum is ${reason.quorum} of ${reason.of}`
    : `down: ${list(reason.vantages)} ${reason.vantages.length === 1 ? 'sees' : 'see'} ${reason.endpoint} fail (${reason.failure}) since ${clockTime(reason.sinceAt)}, quorum is ${reason.quorum} of ${reason.of}`;
}

const ORDINALS = ['no', 'first', 'second', 'third'];

function relapseText(reason: { relapses: number; holdDownMs: number; baseMs: number }): string {
  if (reason.relapses === 0) return `hold-down ${span(reason.holdDownMs)}`;
  const nth = ORDINALS[reason.relapses] ?? `${reason.relapses}th`;
  return `${nth} relapse, ${span(reason.baseMs)} grew to ${span(reason.holdDownMs)}`;
}
