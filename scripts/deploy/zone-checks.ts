/** Each zone of the file, as these credentials (or its role) see it → can it be read, and holds it the names? */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, ZoneRef } from '../../shared/core/model.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Cloud } from './cloud.ts';

export async function zoneChecks(
  cloud: Cloud,
  config: Config,
  account: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const zone of Object.values(config.zones)) {
    const names = config.services
      .filter((service) => service.zone.key === zone.key)
      .flatMap((service) => service.names);
    checks.push(await zoneCheck(cloud, zone, names, account, signal));
  }
  return checks;
}

async function zoneCheck(
  cloud: Cloud,
  zone: ZoneRef,
  names: readonly string[],
  account: string,
  signal: AbortSignal,
): Promise<Check> {
  const of = `zone ${zone.key} (${zone.id})`;
  let found: Awaited<ReturnType<Cloud['zone']>>;
  try {
    found = await cloud.zone(zone, signal);
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    if (error.code !== 'ACCESS_DENIED') return fail(null, 'zone', error.message);
    // A role for the functions need not let a person in, and then nobody can tell from here.
    return zone.role === undefined
      ? fail(
          null,
          'zone',
          `${of} may not be read with these credentials of account ${account}; if it belongs to another account, write role: arn:aws:iam::…:role/… beside its id (npm run quorate -- iam --zone ${zone.key} prints what that role needs)`,
        )
      : warn(
          null,
          'zone',
          `${of} can't be read from here: ${error.message}; the functions' roles must be trusted by ${zone.role}; npm run quorate -- doctor tells after the deployment`,
        );
  }
  if (found === 'no-such-zone') {
    return fail(
      null,
      'zone',
      `${of} does not exist${zone.role === undefined ? ` in account ${account}` : ` for ${zone.role}`}; copy the id of the hosted zone from the Route 53 console`,
    );
  }
  if (found.isPrivate) {
    return fail(
      null,
      'zone',
      `${of} is a private zone, which nobody outside asks; write a public one`,
    );
  }
  const outside = names.filter((name) => name !== found.name && !name.endsWith(`.${found.name}`));
  return outside.length === 0
    ? ok(null, 'zone', `${of} is ${found.name} and holds ${names.join(', ')}`)
    : fail(
        null,
        'zone',
        `${of} is ${found.name}: ${outside.join(', ')} ${outside.length === 1 ? 'lies' : 'lie'} outside it; correct the name, or the id of the zone`,
      );
}
