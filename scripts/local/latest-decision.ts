/**
 * What a quorum function returned → what surfaces show of it: one line per endpoint with its sentence,
 * and the sentences worth repeating. Anything else that a function may return (an operating error, a
 * summary of another release) holds no decision.
 */
import type { EndpointDecision } from '../../shared/core/decision.ts';
import { type ReasonCode, sentence } from '../../shared/core/reason.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import type { LatestDecision } from './world-state.ts';

/** Said of an endpoint to which nothing happens: beside it, but no news. */
const QUIET: readonly ReasonCode[] = ['healthy', 'idle-tier', 'no-quorum'];

/** `at` is the observer's time: a region whose clock is wrong must not have the last word for long. */
export function latestDecision(result: QuorumResult, region: string, at: number): LatestDecision {
  const { decision } = result;
  const telling = decision.endpoints.filter(({ reason }) => !QUIET.includes(reason.code));
  return {
    service: result.service,
    at,
    region,
    automation: decision.automation,
    generation: result.generation ?? 0,
    sentences: [
      ...new Set([
        ...decision.reasons.map(sentence),
        ...decision.withheld.map(sentence),
        ...telling.map(({ reason }) => sentence(reason)),
      ]),
    ],
    endpoints: decision.endpoints.map((line) => ({
      endpoint: line.endpoint,
      wanted: line.to,
      why: whyOf(line),
    })),
  };
}

const whyOf = ({ reason, withheld }: EndpointDecision): string =>
  [...new Set([...withheld, reason].map(sentence))].join('; ');
