/**
 * The global table as each vantage sees it: facts in, lines out. Safety does not hang on the table, but
 * every report does: a region without its replica is a silent vantage.
 */
import type { VantageId } from '../../shared/core/model.ts';
import { tableName } from '../names.ts';
import type { Facts, RegionFacts } from './facts.ts';
import { across, type Finding, fail, judge, type Line, ok, unknown, warn } from './line.ts';
import type { TableFact } from './looks.ts';

const TTL_ATTRIBUTE = 'ttl';
const IMAGES = 'NEW_AND_OLD_IMAGES';

export function tableChecks(facts: Facts): readonly Line[] {
  const { config, regions } = facts;
  const name = tableName(config.deployment);
  const at = (region: VantageId): RegionFacts | undefined => regions.get(region);
  const each = (
    check: string,
    finding: (table: TableFact, region: VantageId) => Finding,
  ): readonly Line[] =>
    across(
      check,
      // A table that is not there is told once, not by every check.
      config.vantages.filter((region) => isThere(at(region))),
      (region) => tableFinding(at(region), (table) => finding(table, region)),
    );

  return [
    ...across('table', config.vantages, (region) =>
      presence(at(region), name, region === config.home, config.home),
    ),
    ...each('table replicas', (table, region) => replicas(table, config.vantages, region)),
    ...each('table stream', ({ streamArn, streamView }) =>
      streamArn === null
        ? fail('has no stream, so a changed vote waits for the minute', 'npm run deploy')
        : streamView === IMAGES
          ? ok('on, with new and old images')
          : warn(
              `gives ${streamView ?? 'no images'}, not ${IMAGES}`,
              'recreate the table’s stream: npm run deploy',
            ),
    ),
    ...each('table TTL', ({ ttlAttribute }) =>
      ttlAttribute === TTL_ATTRIBUTE
        ? ok(`on, by ${TTL_ATTRIBUTE}`)
        : ttlAttribute === null
          ? fail('off: rollups and history are never deleted, and paid for', 'npm run deploy')
          : fail(`reads the attribute ${ttlAttribute}, not ${TTL_ATTRIBUTE}`, 'npm run deploy'),
    ),
    ...each('table backup', ({ pointInTimeRecovery }) =>
      pointInTimeRecovery
        ? ok('point-in-time recovery is on')
        : warn(
            'point-in-time recovery is off: audit records have no second copy',
            'npm run deploy',
          ),
    ),
    ...each('table protection', ({ deletionProtection }) =>
      deletionProtection
        ? ok('deletion protection is on')
        : warn('deletion protection is off', 'npm run deploy'),
    ),
  ];
}

const isThere = (region: RegionFacts | undefined): boolean =>
  region?.table.known === true && region.table.value !== undefined;

const tableFinding = (
  region: RegionFacts | undefined,
  finding: (table: TableFact) => Finding,
): Finding =>
  judge(region?.table ?? NOT_ASKED, (table) =>
    table === undefined ? unknown('there is no table') : finding(table),
  );

const NOT_ASKED = { known: false, why: 'the region was not asked' } as const;

const presence = (
  region: RegionFacts | undefined,
  name: string,
  isHome: boolean,
  home: VantageId,
): Finding =>
  judge(region?.table ?? NOT_ASKED, (table) => {
    if (table === undefined) {
      return isHome
        ? fail(`there is no table ${name}`, 'npm run deploy makes it')
        : fail(
            `there is no replica of table ${name}: this vantage is silent`,
            `npm run deploy adds it from ${home}, one replica per update`,
          );
    }
    return table.status === 'ACTIVE'
      ? ok(`${name} is ACTIVE`)
      : table.status === 'CREATING' || table.status === 'UPDATING'
        ? warn(`${name} is ${table.status}`, 'wait some minutes, then look again')
        : fail(`${name} is ${table.status}`, 'look at the table in the AWS console');
  });

function replicas(
  { replicas: seen }: TableFact,
  vantages: readonly VantageId[],
  own: VantageId,
): Finding {
  const statusOf = (region: string): string | undefined =>
    seen.find((replica) => replica.region === region)?.status;
  const others = vantages.filter((vantage) => vantage !== own);
  const missing = others.filter((vantage) => statusOf(vantage) === undefined);
  if (missing.length > 0) {
    return fail(
      `does not replicate to ${missing.join(', ')}: reports from here are not read there`,
      'npm run deploy',
    );
  }
  const inactive = others.filter((vantage) => statusOf(vantage) !== 'ACTIVE');
  if (inactive.length > 0) {
    const list = inactive.map((vantage) => `${vantage} is ${statusOf(vantage)}`).join(', ');
    return warn(list, 'wait some minutes, then look again');
  }
  const extra = seen.filter(({ region }) => !vantages.some((vantage) => vantage === region));
  return extra.length > 0
    ? warn(
        `also replicates to ${extra.map(({ region }) => region).join(', ')}, no vantage: paid for and not read`,
        'npm run deploy removes one replica per update',
      )
    : ok(`ACTIVE in every vantage (${vantages.length})`);
}
