/**
 * The backstop: Route 53's own health checks answer from a data plane that works while its API does
 * not. Records in, lines out. `Inverted` and `Disabled` can't be changed during such an outage, so
 * nothing may rely on switching them then.
 */
import type { Service } from '../../shared/core/model.ts';
import { isWeighted, type WeightedRecord } from '../../shared/core/snapshot.ts';
import { isManagedType } from '../../shared/core/zone-record.ts';
import type { Facts } from './facts.ts';
import { type Finding, fail, judge, type Line, lineOf, ok, unknown, warn } from './line.ts';

export function backstopChecks(facts: Facts): readonly Line[] {
  return facts.services.flatMap((service) => {
    const read = facts.zones.get(service.zone.key)?.read;
    if (read === undefined || !read.known) {
      return [lineOf('backstop', [service.id], unknown('the zone could not be read'))];
    }
    const records = read.value.records
      .filter(isWeighted)
      .filter(({ name, type }) => service.names.includes(name) && isManagedType(type));
    if (records.length === 0) {
      return [lineOf('backstop', [service.id], unknown('there is no record'))];
    }
    return [
      lineOf('backstop', [service.id], coverage(records)),
      ...checkFindings(service, records, facts).map((finding) =>
        lineOf('health checks', [service.id], finding),
      ),
    ];
  });
}

const isBacked = ({ healthCheckId, alias }: WeightedRecord): boolean =>
  healthCheckId !== undefined || alias?.evaluateTargetHealth === true;

function coverage(records: readonly WeightedRecord[]): Finding {
  const bare = [
    ...new Set(records.filter((one) => !isBacked(one)).map((one) => one.setIdentifier)),
  ];
  return bare.length === 0
    ? ok('every record has a health check, or an alias that evaluates its target’s')
    : warn(
        `${bare.join(', ')}: no health check on the record, so nothing removes it while Route 53’s API is away`,
        'optional: health-check: <id> on the endpoint (aliases: evaluate-target-health: true), then quorate apply',
      );
}

function checkFindings(
  service: Service,
  records: readonly WeightedRecord[],
  { healthChecks }: Facts,
): readonly Finding[] {
  const ids = [...new Set(records.flatMap(({ healthCheckId }) => healthCheckId ?? []))];
  const wanted = service.endpoints.flatMap((endpoint): readonly Finding[] => {
    const own = records.filter(({ setIdentifier }) => setIdentifier === endpoint.setIdentifier);
    const differs = own.find(({ healthCheckId }) => healthCheckId !== endpoint.healthCheckId);
    return differs === undefined || endpoint.healthCheckId === undefined
      ? []
      : [
          warn(
            `${endpoint.id} carries ${differs.healthCheckId ?? 'no health check'}, the file says ${endpoint.healthCheckId}`,
            `quorate apply ${service.id}`,
          ),
        ];
  });
  const found = ids.map((id) =>
    judge(
      healthChecks.get(id) ?? { known: false, why: `health check ${id} was not asked for` },
      (fact) =>
        fact === undefined
          ? fail(
              `there is no health check ${id}: Route 53 takes its record for healthy`,
              `quorate apply ${service.id} with another id, or without`,
            )
          : fact.disabled || fact.inverted
            ? warn(
                `health check ${id} is ${fact.disabled ? 'disabled' : 'inverted'}; it can’t be switched while Route 53’s API is away`,
                'do not rely on it as a switch for emergencies',
              )
            : ok(`${id} is there`),
    ),
  );
  return [...wanted, ...found];
}
