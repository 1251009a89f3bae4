/** Facts → every line of `quorate doctor`, from the account down to one record; pure. */
import type { Aids } from '../../shared/core/model.ts';
import { backstopChecks } from './backstop-checks.ts';
import type { Facts } from './facts.ts';
import { functionChecks } from './function-checks.ts';
import { type Line, lineOf, ok } from './line.ts';
import { permissionChecks } from './permissions.ts';
import { recordChecks } from './record-checks.ts';
import { reportChecks } from './report-checks.ts';
import { tableChecks } from './table-checks.ts';
import { zoneChecks } from './zone-checks.ts';

export function examine(facts: Facts, aids: Aids): readonly Line[] {
  const { account, arn } = facts.identity;
  return [
    lineOf('credentials', [account], ok(`as ${arn}`)),
    ...tableChecks(facts),
    ...functionChecks(facts),
    ...permissionChecks(facts),
    ...reportChecks(facts),
    ...zoneChecks(facts),
    ...recordChecks(facts, aids),
    ...backstopChecks(facts),
  ];
}
