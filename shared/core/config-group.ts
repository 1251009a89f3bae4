/**
 * Services → groups of names, each small enough for one IAM policy that lists the very names that a role
 * may change. A service never spans two groups, because a change batch must be permitted as a whole; a group
 * never spans two zones, because its policy then permits every name in each of them.
 */
import { about } from './config-node.ts';
import type { Reader } from './config-read.ts';
import type { ServiceDraft } from './config-service.ts';
import { byText, fenceName, type Service, type ServiceId } from './model.ts';

/** A managed policy, not counting white space (IAM quotas). */
export const POLICY_LENGTH_MAX = 6_144;
/** Statements, zone and condition keys around the names. */
export const POLICY_OVERHEAD = 700;

type Grouped = Pick<Service, 'id' | 'names' | 'zone'>;

/** Names as they stand in a JSON list: quotes and a comma each. */
export const policyLength = (service: Pick<Service, 'names'>): number =>
  [...service.names, fenceName(service)].reduce((length, name) => length + name.length + 3, 0);

/** In order of zone and name, filled up one after the other: the same for the same names, always. */
export function groupsOf(services: readonly Grouped[]): ReadonlyMap<ServiceId, number> {
  const sorted = services.toSorted((a, b) => byText(sortKey(a), sortKey(b)));
  const groups = new Map<ServiceId, number>();
  let group = -1;
  let zone = '';
  let length = 0;
  for (const service of sorted) {
    const added = policyLength(service);
    if (service.zone.id !== zone || length + added > POLICY_LENGTH_MAX - POLICY_OVERHEAD) {
      group += 1;
      zone = service.zone.id;
      length = 0;
    }
    length += added;
    groups.set(service.id, group);
  }
  return groups;
}

/** Names that two services share, fences that would be one, and names that fit no policy. */
export function judgeNames(reader: Reader, drafts: readonly ServiceDraft[]): void {
  const owners = new Map<string, ServiceDraft[]>();
  for (const draft of drafts) {
    const zone = draft.zone?.id ?? '';
    for (const { node, value: name } of draft.names) {
      const key = `${zone} ${name}`;
      const others = owners.get(key) ?? [];
      owners.set(key, [...others, draft]);
      const [other] = others.filter((one) => clash(one, draft, name));
      if (other === undefined) continue;
      reader.mistake(
        { path: node[0].path, value: name },
        `is steered by service ${other.id} already; give each service names of its own`,
      );
    }
    const names = draft.names.map(({ value }) => value);
    const length = policyLength({ names }) + POLICY_OVERHEAD;
    if (length > POLICY_LENGTH_MAX) {
      reader.mistake(
        about(draft.node, 'names'),
        `need an IAM policy of ${length} characters, ${POLICY_LENGTH_MAX} are the limit; write fewer names`,
      );
    }
  }
}

/** One record per name and type; beside a CNAME nothing else; one fence per first name. */
function clash(a: ServiceDraft, b: ServiceDraft, name: string): boolean {
  const shared = a.types.some((type) => b.types.includes(type));
  const cname = a.types.includes('CNAME') || b.types.includes('CNAME');
  const first = [a, b].every((draft) => draft.names[0]?.value === name);
  return shared || cname || first;
}

const sortKey = (service: Grouped): string => `${service.zone.id} ${service.names.join(' ')}`;
