/**
 * Reason → what would let the change happen that is held back or waited for: what must come about by
 * itself, with its time or its number, and the command that a person may give instead. Null: nothing is
 * held back. It stands beside `sentence`, which says why, and is as exhaustive.
 */
import type { ServiceId } from './model.ts';
import { momentText } from './phrase.ts';
import { clockTime, type Reason } from './reason.ts';

/** In text, `quorate apply app` as people type it. */
const run = (command: string): string => `\`quorate ${command}\``;

export function wouldChange(reason: Reason, service: ServiceId): string | null {
  switch (reason.code) {
    case 'quorum-down':
      return `${reason.endpoint} returns by itself once ${reason.quorum} of ${reason.of} vantages find it up and its hold-down is over; look yourself with ${run(`probe ${service} ${reason.endpoint}`)}`;
    case 'no-quorum':
      return `${reason.endpoint} loses its weight at ${reason.quorum} down votes (${missing(reason.quorum - reason.downs)} missing), and counts as up at ${reason.quorum} up votes (${missing(reason.quorum - reason.ups)} missing); now, by hand: ${run(`drain ${service} ${reason.endpoint}`)}`;
    case 'unproven':
      return `${reason.endpoint} counts once its check has passed by quorum as the file has it; correct the check, or what answers it, and look with ${run(`probe ${service} ${reason.endpoint}`)}; if it is down in truth: ${run(`drain ${service} ${reason.endpoint}`)}`;
    case 'not-what-is-served':
      return `${reason.endpoint} counts once DNS answers what the file says: ${run(`apply ${service}`)}, or write ${reason.served} into the file`;
    case 'drained':
      return `order ${reason.order} on ${reason.endpoint} ends by itself at ${momentText(reason.untilAt)}; sooner: ${run(`undrain ${reason.order}`)}`;
    case 'pinned':
      return `order ${reason.order} on ${reason.endpoint} ends by itself at ${momentText(reason.untilAt)}; sooner: ${run(`unpin ${reason.order}`)}`;
    case 'frozen':
    case 'service-frozen':
      return `order ${reason.order} ends by itself at ${momentText(reason.untilAt)}; sooner: ${run(`unfreeze ${reason.order}`)}`;
    case 'order-over':
      return `the end of order ${reason.order} is committed by itself, within a minute of ${clockTime(reason.untilAt)}`;
    case 'idle-tier':
      return `${reason.endpoint} serves once the tiers before tier ${reason.tier} have too little healthy weight`;
    case 'tier-entered':
    case 'tier-kept':
      return `${reason.endpoint} makes way by itself once the tier before it is back at 100 %`;
    case 'hold-down':
      return `the weight of ${reason.endpoint} returns by itself from ${clockTime(reason.untilAt)}, if it stays up; at once, by hand: ${run(`pin ${service} ${reason.endpoint}`)}`;
    case 'awaiting-approval':
      return `the weight of ${reason.endpoint} returns once somebody allows it: ${run(`approve ${service} ${reason.endpoint}`)}`;
    case 'ramp':
      return `${reason.endpoint} takes its next step by itself, not before ${clockTime(reason.nextAt)}, if it stays up`;
    case 'drift':
    case 'drift-waits':
      return `${reason.endpoint} waits for a person: ${run(`adopt ${service}`)} keeps the weight as it was edited, ${run(`reassert ${service}`)} undoes it`;
    case 'pending':
      return `${reason.endpoint} takes part after ${run(`apply ${service}`)}`;
    case 'orphan':
      return `${reason.endpoint} goes with ${run(`retire ${service} ${reason.endpoint}`)} once its weight is 0, or stays if it is put back into the file`;
    case 'floor':
      return `${reason.endpoint} loses its weight by itself once others serve enough that ${reason.floorPercent} % stay without it (now ${reason.leavesPercent} %); now, by hand: ${run(`drain ${service} ${reason.endpoint} --force floor`)}`;
    case 'all-down':
      return `${reason.endpoint} loses its weight by itself once another endpoint is up by quorum; look for what all ${reason.endpoints} have in common with ${run(`probe ${service}`)}; if it is ${reason.endpoint} alone: ${run(`drain ${service} ${reason.endpoint}`)}`;
    case 'velocity':
      return `${reason.endpoint} loses its weight by itself at ${clockTime(reason.untilAt)}, if it is still down; now, by hand: ${run(`drain ${service} ${reason.endpoint}`)}`;
    case 'never-all-zero':
      return `give another endpoint of ${reason.record} weight first: nothing passes this rule, neither --force nor an order`;
    case 'last-healthy':
      return `${reason.endpoint} loses its weight by itself once another endpoint is up by quorum`;
    case 'rescue-held':
      return `${reason.endpoint} takes over at once after ${run(reason.command.replace(/^quorate /, ''))}`;
    case 'rescue-again':
      return `${reason.endpoint} takes over by itself at ${clockTime(reason.untilAt)}, if nothing else is up by then`;
    case 'target-waits':
      return `${reason.record} of ${reason.endpoint} changes with the next ${run(`apply ${service}`)} after ${reason.quorum} vantages find ${reason.configured} up (now ${reason.ups})`;
    case 'renamed':
      return `${reason.endpoint} takes over the record of ${reason.orphan} once the file says \`set-identifier: ${reason.orphan}\` under it`;
    case 'group-waits':
      return `${reason.record} begins with the ${run(`apply ${service}`)} that can bring in ${reason.endpoints.join(', ')} as well`;
    case 'group-empty':
      return `${reason.record} begins once an endpoint that has it serves`;
    case 'unmanaged':
      return `Quorate writes for ${service} after ${run(`${reason.isEmpty ? 'apply' : 'adopt'} ${service}`)}`;
    case 'foreign':
      return `Quorate writes for ${service} once deployment ${reason.deployment} has released it, and ${run(`adopt ${service}`)} took it over`;
    case 'malformed-fence':
      return `Quorate writes for ${service} again after ${run(`adopt ${service}`)}, which replaces ${reason.fence}`;
    case 'records':
      return `${service} goes on once its records are as the last commit left them: ${reason.remedy}`;
    case 'superseded-config':
      return 'this region decides again after a deployment of the file that is in force; the other regions go on meanwhile';
    case 'not-quorate':
      return `${service} goes on by itself once ${missing(reason.quorum - reason.usable)} more of its vantages report; ${run('doctor')} says what they lack; orders work without votes, as ${run(`drain ${service} ENDPOINT`)}`;
    case 'stale-evidence':
      return `${service} goes on by itself as soon as this region sees newer reports; other regions may have them already`;
    case 'order-withheld':
      return `order ${reason.order} begins by itself once the rule allows it; or cancel it, and give it again with --force and the name of the rule`;
    case 'clock-in-doubt':
      return 'orders begin and end once the clock of this machine is right; the other regions carry them out meanwhile';
    case 'blocked':
      return `${service} is tried again by itself at ${clockTime(reason.untilAt)}; ${run('doctor')} looks for what Route 53 objects to`;
    case 'bug':
      return `${service} is decided on anew in the next round; if it stays so, ${run(`release ${service}`)} leaves its records to you`;
    case 'healthy':
    case 'tier-left':
    case 'returned':
    case 'rescued':
    case 'rescue-removed':
    case 'order-started':
    case 'order-ended':
    case 'order-given':
    case 'order-cancelled':
    case 'order-extended':
    case 'brought-in':
    case 'retired':
    case 'adopted':
    case 'reasserted':
    case 'approved':
    case 'record-added':
    case 'target-changed':
    case 'health-check-set':
    case 'health-check-kept':
    case 'flag-set':
    case 'converted':
    case 'restored':
    case 'ttl-set':
    case 'released':
    case 'fence-replaced':
    case 'order-dropped':
      return null;
  }
}

/** Votes or reports: never fewer than one is missing where something waits for them. */
const missing = (count: number): number => Math.max(1, count);

/** Of a whole decision, each once, in the order in which it is shown. A change that was withheld says more
 *  than the verdict that asked for it. */
export function whatWouldChange(decision: {
  readonly service: ServiceId;
  readonly reasons: readonly Reason[];
  readonly endpoints: readonly {
    readonly reason: Reason;
    readonly withheld: readonly Reason[];
  }[];
}): readonly string[] {
  const isBlind = decision.reasons.some(({ code }) => code === 'not-quorate');
  const held = decision.endpoints
    .flatMap(({ reason, withheld }) => (withheld.length > 0 ? withheld : [reason]))
    // Without reports no endpoint has a quorum: what is missing is said once.
    .filter(({ code }) => !isBlind || code !== 'no-quorum');
  const sentences = [...decision.reasons, ...held].flatMap(
    (reason) => wouldChange(reason, decision.service) ?? [],
  );
  return [...new Set(sentences)];
}
