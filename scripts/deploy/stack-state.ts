/**
 * A stack's status → may it be changed now? What a half-done deployment left behind is named with the one
 * thing that mends it. CloudFormation's statuses are a closed list; one that is unknown is not trusted.
 */
import type { VantageId } from '../../shared/core/model.ts';
import type { StackState } from './cloud.ts';

export type StackReadiness =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ready' }
  /** It was never there whole: nothing is lost by deleting it. */
  | { readonly kind: 'broken'; readonly text: string }
  | { readonly kind: 'busy'; readonly text: string };

const SETTLED = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'IMPORT_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
];

export const isGone = (state: StackState | null): boolean =>
  state === null || state.status === 'DELETE_COMPLETE';
export const isSettled = (state: StackState | null): boolean =>
  state !== null && SETTLED.includes(state.status);
/** A change set is under review until somebody executes or deletes it; nothing moves. */
export const isBusy = (state: StackState | null): boolean =>
  state?.status.endsWith('_IN_PROGRESS') === true && state.status !== 'REVIEW_IN_PROGRESS';

export function stackReadiness(
  region: VantageId,
  name: string,
  state: StackState | null,
): StackReadiness {
  if (state === null || isGone(state)) return { kind: 'absent' };
  if (isSettled(state)) return { kind: 'ready' };
  const { status } = state;
  if (isBusy(state)) {
    return {
      kind: 'busy',
      text: `stack ${name} is ${status}: another deployment or removal is at work; wait for its end, then repeat`,
    };
  }
  const because = state.reason === '' ? '' : ` (${state.reason})`;
  return { kind: 'broken', text: `stack ${name} is ${status}${because}; ${remedy()}` };

  function remedy(): string {
    const cli = (command: string): string =>
      `aws cloudformation ${command} --region ${region} --stack-name ${name}`;
    switch (status) {
      case 'ROLLBACK_COMPLETE':
      case 'ROLLBACK_FAILED':
      case 'CREATE_FAILED':
      case 'REVIEW_IN_PROGRESS':
        return `its first deployment never ended well and it can only be deleted: run ${cli('delete-stack')}, then repeat`;
      case 'DELETE_FAILED':
        return `its removal stopped half-way: run npm run remove again, or ${cli('delete-stack')}, and look at its events for what could not be deleted`;
      case 'UPDATE_ROLLBACK_FAILED':
        return `it is between two versions: run ${cli('continue-update-rollback')}, then repeat`;
      default:
        return `look at it in the CloudFormation console; repeat when it is CREATE_COMPLETE or UPDATE_COMPLETE`;
    }
  }
}
