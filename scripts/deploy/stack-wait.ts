/**
 * Waiting for CloudFormation: asked every few seconds, with a bound, each change of status told. What
 * fails is told in CloudFormation's own words, with the remedy for the state that it leaves behind.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import type { Clock } from '../../shared/ports.ts';
import type { Cloud, StackState } from './cloud.ts';
import type { Tell } from './event.ts';
import { isBusy, isGone, stackReadiness } from './stack-state.ts';

export type Waiting = { readonly cloud: Cloud; readonly clock: Clock; readonly tell: Tell };

const POLL_MS = 5_000;
export const STACK_WAIT_MS_MAX = 45 * 60_000;
const DONE = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE'];

export async function stackDone(
  deps: Waiting,
  region: VantageId,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const state = await atRest(deps, region, name, signal);
  if (state !== null && DONE.includes(state.status)) return;
  const trouble = await deps.cloud.stackTrouble(region, name, signal);
  const readiness = stackReadiness(region, name, state);
  const left = readiness.kind === 'broken' ? `; ${readiness.text}` : '; it is as it was before';
  throw new QuorateError(
    'DEPLOY_FAILED',
    `CloudFormation in ${region} failed on stack ${name}: ${trouble || state?.reason || 'it says no reason'}${left}`,
  );
}

export async function stackGone(
  deps: Waiting,
  region: VantageId,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const state = await atRest(deps, region, name, signal);
  if (isGone(state)) return;
  const trouble = await deps.cloud.stackTrouble(region, name, signal);
  throw new QuorateError(
    'DEPLOY_FAILED',
    `CloudFormation in ${region} did not delete stack ${name} (${state?.status ?? ''}): ${trouble || state?.reason || 'it says no reason'}; run npm run remove again`,
  );
}

async function atRest(
  { cloud, clock, tell }: Waiting,
  region: VantageId,
  name: string,
  signal: AbortSignal,
): Promise<StackState | null> {
  const until = clock.now() + STACK_WAIT_MS_MAX;
  let told = '';
  for (;;) {
    const state = await cloud.stack(region, name, signal);
    if (!isBusy(state)) return state;
    if (state !== null && state.status !== told) {
      told = state.status;
      tell({ event: 'step', region, text: `stack ${name} is ${told}` });
    }
    if (clock.now() >= until) {
      throw new QuorateError(
        'DEPLOY_FAILED',
        `stack ${name} in ${region} is still ${told} after ${STACK_WAIT_MS_MAX / 60_000} min; CloudFormation goes on by itself, repeat when it has ended`,
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}
