/**
 * Rules 0 and 1: verdicts → wanted weights.
 *
 *     record = target   verdict   proven   →  wanted weight   reason
 *     no                any       any         as now          not-what-is-served
 *     yes               up        any         configured      healthy
 *     yes               down      yes         0               quorum-down
 *     yes               down      no          as now          unproven
 *     yes               unknown   any         as now          no-quorum
 *
 * Proven: this check and target, as configured now, have been `up` by quorum once; so a typo in a
 * health path never drains a healthy region.
 */

import type { Line } from './draft.ts';
import { checkMark } from './endpoint-mark.ts';
import type { DigestOf, EndpointId, EpochMs, Service } from './model.ts';
import type { EndpointReason } from './reason.ts';
import { type Holding, servedText, targetText } from './snapshot.ts';
import type { Verdict } from './verdict.ts';

export function lineOf(
  service: Service,
  holding: Holding,
  verdict: Verdict,
  digestOf: DigestOf,
): Omit<Line, 'isSeenDown' | 'isSeenFailing'> {
  const { endpoint, entry, strange, edited } = holding;
  const about = { endpoint: endpoint.id };
  const base = {
    holding,
    verdict,
    now: holding.weight,
    to: holding.weight,
    phase: entry?.phase ?? { kind: 'in' as const },
    move: null,
    fixed: null,
    order: null,
    withheld: [],
  };
  if (entry === null) {
    const reason = { ...about, code: 'pending' as const, service: service.id };
    return { ...base, health: 'unknown', fixed: 'pending', reason };
  }
  if (edited !== null) {
    const reason = {
      ...about,
      code: 'drift' as const,
      service: service.id,
      record: `${edited.name} ${edited.type}`,
      found: edited.weight,
      left: entry.weight,
    };
    const health =
      strange === null && isActionable(holding, verdict, digestOf) ? verdict.value : 'unknown';
    return { ...base, health, fixed: 'edited', reason };
  }
  if (strange !== null) {
    const reason = {
      ...about,
      code: 'not-what-is-served' as const,
      service: service.id,
      record: `${strange.record.name} ${strange.record.type}`,
      served: servedText(strange.record),
      configured: targetText(strange.target),
    };
    return { ...base, health: 'unknown', reason };
  }
  switch (verdict.value) {
    case 'unknown':
      return { ...base, health: 'unknown', reason: reasonOf(service, endpoint.id, verdict) };
    case 'up':
      return {
        ...base,
        health: 'up',
        to: endpoint.weight,
        reason: reasonOf(service, endpoint.id, verdict),
      };
    case 'down': {
      if (!isActionable(holding, verdict, digestOf)) {
        const reason = {
          ...about,
          code: 'unproven' as const,
          failure: verdict.failure,
          downs: verdict.downs.length,
          of: verdict.of,
        };
        return { ...base, health: 'unknown', reason };
      }
      const isServing = base.now > 0;
      return {
        ...base,
        health: 'down',
        to: 0,
        phase: isServing ? { kind: 'out' } : base.phase,
        move: isServing ? 'removal' : null,
        reason: reasonOf(service, endpoint.id, verdict),
      };
    }
  }
}

/** A `down` may act only on an endpoint that was once `up` under this very check and target. */
const isActionable = (holding: Holding, verdict: Verdict, digestOf: DigestOf): boolean =>
  verdict.value !== 'down' || holding.entry?.provenAs === checkMark(holding.endpoint, digestOf);

/** What the votes alone say about an endpoint. */
export function reasonOf(service: Service, endpoint: EndpointId, verdict: Verdict): EndpointReason {
  switch (verdict.value) {
    case 'up':
      return { endpoint, code: 'healthy', ups: verdict.ups.length, of: verdict.of };
    case 'down':
      return {
        endpoint,
        code: 'quorum-down',
        vantages: verdict.downs,
        failure: verdict.failure,
        sinceAt: verdict.sinceAt ?? (0 as EpochMs),
        quorum: service.quorum,
        of: verdict.of,
      };
    case 'unknown':
      return {
        endpoint,
        code: 'no-quorum',
        ups: verdict.ups.length,
        downs: verdict.downs.length,
        quorum: service.quorum,
        of: verdict.of,
      };
  }
}
