/**
 * The deployed stacks: facts in, lines out. Functions, their packages, schedules, the stream's mapping
 * and the account's room for them. A schedule's own switch is not asked for: reports that arrive say
 * more than a switch that is on.
 */
import type { VantageId } from '../../shared/core/model.ts';
import { type FunctionId, functionName, vantageStackName } from '../names.ts';
import type { Facts, RegionFacts } from './facts.ts';
import {
  across,
  type Finding,
  fail,
  judge,
  type Known,
  type Line,
  ok,
  unknown,
  warn,
} from './line.ts';
import { FUNCTIONS_LOOKED_AT, type FunctionFact, type MappingFact } from './looks.ts';

const RUNTIME = 'nodejs24.x';
/** What a new account has; four functions share it. */
const SMALL_ACCOUNT = 10;
/** `probe` runs overlap, a stream's batch and a schedule meet, and a person opens the dashboard. */
const WANTED_CONCURRENCY = 20;
const WORKING_STACK = /^(CREATE|UPDATE|IMPORT)(_ROLLBACK)?_COMPLETE$/;

export function functionChecks(facts: Facts): readonly Line[] {
  const { config, regions } = facts;
  const at = (region: VantageId): RegionFacts | undefined => regions.get(region);
  /** Where there is no stack, that is told once and not by every check. */
  const deployed = config.vantages.filter((region) => hasStack(at(region)));
  return [
    ...across('stack', config.vantages, (region) =>
      judge(at(region)?.stack ?? NOT_ASKED, (stack) =>
        stack === undefined
          ? fail(`there is no stack ${vantageStackName(config.deployment)}`, REDEPLOY)
          : stackFinding(stack.status, stack.reason, REDEPLOY),
      ),
    ),
    ...FUNCTIONS_LOOKED_AT.flatMap((id) =>
      across(`function ${id}`, deployed, (region) =>
        functionFinding(
          at(region)?.functions[id] ?? NOT_ASKED,
          functionName(config.deployment, id),
          REDEPLOY,
        ),
      ),
    ),
    ...packageChecks(facts),
    ...across('schedules', deployed, (region) =>
      judge(at(region)?.stack ?? NOT_ASKED, (stack) => {
        if (stack === undefined) return unknown('there is no stack');
        const broken = stack.schedules.filter(({ status }) => !status.endsWith('_COMPLETE'));
        if (broken.length > 0) {
          return fail(broken.map(({ id, status }) => `${id} is ${status}`).join(', '), REDEPLOY);
        }
        return stack.schedules.length === 0
          ? fail('the stack has no schedule, so nothing runs', REDEPLOY)
          : ok(`${stack.schedules.length} in the stack (the reports below show whether they fire)`);
      }),
    ),
    ...across('stream reader', deployed, (region) =>
      judge(at(region)?.mappings ?? NOT_ASKED, (mappings) =>
        mappingFinding(mappings ?? [], streamOf(at(region)), REDEPLOY),
      ),
    ),
    ...across('concurrency', config.vantages, (region) =>
      judge(at(region)?.concurrency ?? NOT_ASKED, ({ limit, unreserved }) =>
        limit <= SMALL_ACCOUNT
          ? warn(
              `the account may run ${limit} functions at once, and ${FUNCTIONS_LOOKED_AT.length} share them`,
              'ask AWS Support to raise “Concurrent executions” of Lambda to 1,000 in this region',
            )
          : unreserved < WANTED_CONCURRENCY
            ? warn(
                `${unreserved} of ${limit} concurrent executions are not reserved for others`,
                `leave at least ${WANTED_CONCURRENCY}, or have the limit raised`,
              )
            : ok('the account has room'),
      ),
    ),
  ];
}

const REDEPLOY = 'npm run deploy -- --only {place}';

export const hasStack = (region: RegionFacts | undefined): boolean =>
  region?.stack.known !== true || region.stack.value !== undefined;

const NOT_ASKED = { known: false, why: 'the region was not asked' } as const;

function stackFinding(status: string, reason: string, remedy: string): Finding {
  if (status.endsWith('_IN_PROGRESS')) {
    return warn(`a deployment is under way (${status})`, 'wait for its end, then look again');
  }
  if (status === 'UPDATE_ROLLBACK_COMPLETE') {
    return warn(`the last deployment was rolled back${because(reason)}`, remedy);
  }
  return WORKING_STACK.test(status)
    ? ok('deployed')
    : fail(`half deployed: ${status}${because(reason)}`, `delete the stack, then ${remedy}`);
}

const because = (reason: string): string => (reason === '' ? '' : ` (${reason})`);

const functionFinding = (
  known: Known<FunctionFact | undefined>,
  name: string,
  remedy: string,
): Finding =>
  judge(known, (fact) => {
    if (fact === undefined) return fail(`there is no function ${name}`, remedy);
    if (fact.reserved === 0) {
      return fail(
        'switched off: its reserved concurrency is 0',
        `aws lambda delete-function-concurrency --function-name ${name}`,
      );
    }
    if (fact.state === 'Failed' || fact.lastUpdate === 'Failed') {
      return fail(`is ${fact.state}, its last update ${fact.lastUpdate}`, remedy);
    }
    if (fact.state === 'Pending' || fact.lastUpdate === 'InProgress') {
      return warn('is being updated', 'wait some seconds, then look again');
    }
    return fact.runtime === RUNTIME
      ? ok(fact.state === 'Inactive' ? 'present, idle' : 'present')
      : warn(`runs on ${fact.runtime}, not ${RUNTIME}`, remedy);
  });

/** Vantages with other code are normal during an upgrade only. */
function packageChecks({ config, regions }: Facts): readonly Line[] {
  return FUNCTIONS_LOOKED_AT.flatMap((id) => {
    const digests = config.vantages.flatMap((region) => {
      const known = regions.get(region)?.functions[id];
      return known?.known === true && known.value !== undefined
        ? [{ region, sha256: known.value.codeSha256 }]
        : [];
    });
    const groups = Map.groupBy(digests, ({ sha256 }) => sha256);
    if (digests.length === 0) return [];
    const where = digests.map(({ region }) => region);
    const finding =
      groups.size === 1
        ? ok('the same everywhere')
        : warn(
            `vantages run ${groups.size} different packages: ${[...groups.values()]
              .map((group) => group.map(({ region }) => region).join(' and '))
              .join(' | ')}`,
            'normal during an upgrade; else npm run deploy',
          );
    return [{ check: `package ${id satisfies FunctionId}`, where, ...finding }];
  });
}

const streamOf = (region: RegionFacts | undefined): string | null | undefined =>
  region?.table.known === true ? region.table.value?.streamArn : undefined;

function mappingFinding(
  mappings: readonly MappingFact[],
  streamArn: string | null | undefined,
  remedy: string,
): Finding {
  const [mapping] = mappings;
  if (mapping === undefined) {
    return fail('quorum reads no stream, so a changed vote waits for the minute', remedy);
  }
  if (mappings.length > 1) {
    return warn(
      `quorum has ${mappings.length} event source mappings; AWS advises one reader on a global table`,
      `delete all but the stack’s: ${mappings.map(({ id }) => id).join(', ')}`,
    );
  }
  if (streamArn !== undefined && mapping.source !== streamArn) {
    return fail(
      `quorum reads ${mapping.source}, the replica’s stream is ${streamArn ?? 'off'}`,
      remedy,
    );
  }
  if (mapping.state !== 'Enabled') {
    return mapping.state === 'Disabled' || mapping.state === 'Disabling'
      ? fail(
          `the mapping is ${mapping.state}`,
          `aws lambda update-event-source-mapping --uuid ${mapping.id} --enabled`,
        )
      : warn(`the mapping is ${mapping.state}`, 'wait some seconds, then look again');
  }
  return /PROBLEM|error/i.test(mapping.lastResult)
    ? warn(`its last batch: ${mapping.lastResult}`, 'look at the log of quorum')
    : ok('quorum reads this replica’s stream');
}
