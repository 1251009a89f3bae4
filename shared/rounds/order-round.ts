/**
 * One operator's wish for one service: `overrideRound` for callers that know their service and want an
 * error thrown where its zone can't be read.
 */
import type { Config, Service } from '../core/model.ts';
import type { Operation } from '../core/operation.ts';
import {
  type OrderAnswer,
  type OrderDeps,
  type OverrideOptions,
  overrideRound,
} from './override-round.ts';

export type OrderRequest = {
  readonly operation: Operation;
  readonly actor: string;
  readonly via?: string;
  readonly reason: string;
  /** The plan is made and shown, nothing is written. */
  readonly isDryRun: boolean;
  /** Of the plan that was reviewed: another plan is refused as changed. */
  readonly checksum: string | null;
};

export async function orderRound(
  deps: OrderDeps,
  config: Config,
  service: Service,
  options: OverrideOptions,
  request: OrderRequest,
  signal: AbortSignal,
): Promise<OrderAnswer> {
  const { operation, checksum, via = null } = request;
  const { results } = await overrideRound(
    deps,
    config,
    options,
    [{ service, operation, isWide: false }],
    { ...request, via, match: checksum === null ? null : { kind: 'checksum', checksum } },
    signal,
  );
  const answer = results[0]?.answer;
  if (answer === undefined) throw new Error('one change has one answer');
  if (answer.kind === 'unread') throw answer.error;
  return answer;
}
