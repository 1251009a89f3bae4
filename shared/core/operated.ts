/** What came of an operator's wish: a commit to plan, a refusal with its reason, or nothing to do. */
import type { Commit } from './commit.ts';
import type { Line } from './draft.ts';
import type { Evidence } from './first-draft.ts';
import type { Config, EpochMs } from './model.ts';
import { type Reason, sentence } from './reason.ts';

export type Planned = {
  readonly kind: 'planned';
  readonly commit: Commit;
  readonly lines: readonly Line[];
  readonly reasons: readonly Reason[];
};
export type Operated =
  | Planned
  | {
      readonly kind: 'refused';
      readonly why: string;
      /** Its Idempotency-Key gave another order. */
      readonly isKeyReused?: true;
    }
  | { readonly kind: 'nothing-to-do'; readonly why: string };

export type OperationInput = Evidence & {
  readonly config: Pick<Config, 'deployment' | 'packagedAt'>;
  readonly now: EpochMs;
};

export const refused = (why: string): Operated => ({ kind: 'refused', why });
export const nothing = (why: string): Operated => ({ kind: 'nothing-to-do', why });
export const planned = (
  commit: Commit,
  lines: readonly Line[],
  reasons: readonly Reason[],
): Planned => ({ kind: 'planned', commit, lines, reasons });

export const operationText = (operated: Operated): string =>
  operated.kind === 'planned' ? operated.reasons.map(sentence).join('; ') : operated.why;
