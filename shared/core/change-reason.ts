/**
 * What an operator's commit changes in the zone besides weights, what it keeps, and what has to wait:
 * the data, and the sentences that reason.ts hands out for them.
 */
import type { EndpointId, EpochMs, OrderId, ServiceId } from './model.ts';
import { list, momentText } from './phrase.ts';

type About = { readonly endpoint: EndpointId };

export type ChangeReason =
  | (About & { readonly code: 'brought-in'; readonly weight: number })
  | (About & { readonly code: 'retired' })
  | (About & { readonly code: 'adopted'; readonly weight: number })
  | (About & { readonly code: 'reasserted'; readonly weight: number })
  | (About & { readonly code: 'approved' })
  | (About & {
      readonly code: 'record-added';
      readonly record: string;
      readonly answers: string;
      readonly weight: number;
    })
  | (About & {
      readonly code: 'target-changed';
      readonly record: string;
      readonly from: string;
      readonly to: string;
      readonly weight: number;
    })
  | (About & {
      readonly code: 'target-waits';
      readonly record: string;
      readonly configured: string;
      readonly weight: number;
      readonly ups: number;
      readonly of: number;
      readonly quorum: number;
      /** Most frequent failure, or why vantages are silent; empty where nothing is known. */
      readonly why: string;
    })
  | (About & { readonly code: 'renamed'; readonly service: ServiceId; readonly orphan: string })
  | (About & {
      readonly code: 'health-check-set';
      readonly record: string;
      readonly from: string | null;
      readonly to: string;
    })
  | (About & { readonly code: 'health-check-kept'; readonly healthCheckId: string })
  | (About & { readonly code: 'flag-set'; readonly record: string; readonly to: boolean })
  | (About & { readonly code: 'converted'; readonly weight: number })
  | (About & {
      readonly code: 'restored';
      readonly from: number;
      readonly weight: number;
      readonly isDown: boolean;
    })
  | {
      readonly code: 'ttl-set';
      readonly record: string;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly code: 'group-waits';
      readonly record: string;
      readonly endpoints: readonly EndpointId[];
    }
  | { readonly code: 'group-empty'; readonly record: string }
  | {
      readonly code: 'released';
      readonly service: ServiceId;
      readonly fence: string;
      /** Left below their configured weight. */
      readonly low: readonly EndpointId[];
    }
  | {
      readonly code: 'fence-replaced';
      readonly service: ServiceId;
      readonly fence: string;
      /** Whose it is; null where it can't be read. */
      readonly deployment: string | null;
    }
  | { readonly code: 'order-dropped'; readonly order: OrderId; readonly untilAt: EpochMs };

export function changeSentence(reason: ChangeReason): string {
  switch (reason.code) {
    case 'brought-in':
      return `brought in: ${reason.endpoint} with weight ${reason.weight}`;
    case 'retired':
      return `retired: the records of ${reason.endpoint} are removed`;
    case 'adopted':
      return `adopted: ${reason.endpoint} as found, weight ${reason.weight}`;
    case 'reasserted':
      return `reasserted: ${reason.endpoint} back to weight ${reason.weight}, as the last commit left it`;
    case 'approved':
      return `approved: ${reason.endpoint} may return`;
    case 'record-added':
      return `added: ${reason.record} of ${reason.endpoint} answers ${reason.answers}, weight ${reason.weight}`;
    case 'target-changed':
      return `changed: ${reason.record} of ${reason.endpoint} answers ${reason.to} instead of ${reason.from}, at its present weight ${reason.weight}`;
    case 'target-waits':
      return `withheld: ${reason.record} of ${reason.endpoint} has weight ${reason.weight}, and ${reason.configured} is up in ${reason.ups} of ${reason.of} vantages${reason.why === '' ? '' : ` (${reason.why})`}, quorum is ${reason.quorum}; it stays as it is until a quorum finds that up`;
    case 'renamed':
      return `withheld: ${reason.endpoint} answers what ${reason.orphan} answers, which the file no longer names; write set-identifier: ${reason.orphan} under ${reason.endpoint} to go on with its record, or give ${reason.orphan} weight 0 and run \`quorate retire ${reason.service} ${reason.orphan}\` first`;
    case 'health-check-set':
      return `changed: ${reason.record} of ${reason.endpoint} carries health check ${reason.to} instead of ${reason.from ?? 'none'}`;
    case 'health-check-kept':
      return `kept: ${reason.endpoint} carries health check ${reason.healthCheckId}, which the file does not name; write health-check: ${reason.healthCheckId} to own it, or take it off in Route 53 yourself`;
    case 'flag-set':
      return `changed: ${reason.record} of ${reason.endpoint} ${reason.to ? 'evaluates' : 'does not evaluate'} the health of its target`;
    case 'converted':
      return `converted: ${reason.endpoint} has a weighted record of weight ${reason.weight}`;
    case 'restored':
      return `restored: ${reason.endpoint} goes from weight ${reason.from} to ${reason.weight}${reason.isDown ? ', although it is down' : ''}`;
    case 'ttl-set':
      return `changed: TTL of ${reason.record} is ${reason.to} s instead of ${reason.from} s`;
    case 'group-waits':
      return `withheld: ${reason.record} does not begin until ${list(reason.endpoints)} can be in it: else the others would have all of its traffic`;
    case 'group-empty':
      return `withheld: every weight of ${reason.record} would be 0, and Route 53 would answer all of them alike; leave it out of the file until an endpoint that has it serves`;
    case 'released':
      return `released: ${reason.fence} goes; nothing is written for ${reason.service} until it is adopted again${reason.low.length === 0 ? '' : `, and nobody gives ${list(reason.low)} more weight`}`;
    case 'fence-replaced':
      return reason.deployment === null
        ? `replaced: ${reason.fence} can't be read; whatever it knew of ${reason.service} is forgotten`
        : `replaced: ${reason.fence} belongs to deployment ${reason.deployment}, which can't write ${reason.service} from then on`;
    case 'order-dropped':
      return `order ${reason.order}, in force until ${momentText(reason.untilAt)}, ends with this`;
  }
}
