/** All mutants, by their number in the list of deliberate bugs that the tests must kill. */
import { EVIDENCE_MUTANTS } from './list-evidence.ts';
import { ORDER_MUTANTS } from './list-orders.ts';
import { POLICY_MUTANTS } from './list-policy.ts';
import { PROTOCOL_MUTANTS } from './list-protocol.ts';
import { REACH_MUTANTS } from './list-reach.ts';
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [
  ...PROTOCOL_MUTANTS,
  ...EVIDENCE_MUTANTS,
  ...POLICY_MUTANTS,
  ...ORDER_MUTANTS,
  ...REACH_MUTANTS,
].toSorted((a, b) => a.id - b.id);

/** `QUORATE_MUTANT` → the mutant; 0 and nothing are none. */
export function mutantOf(id: string | undefined): Mutant | undefined {
  if (id === undefined || id === '' || id === '0') return undefined;
  const found = MUTANTS.find((mutant) => String(mutant.id) === id);
  if (found === undefined) {
    throw new Error(`QUORATE_MUTANT is ${id}, known are 1 to ${MUTANTS.length}`);
  }
  return found;
}
