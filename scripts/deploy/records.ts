/**
 * What stands in DNS for each service now, and what the file would have: the two ways in which a removal
 * may leave it. Both come from the plan of a release, so what is shown is what would be written.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { FenceState } from '../../shared/core/fence.ts';
import type { Config, Service, ServiceId } from '../../shared/core/model.ts';
import type { OrderAnswer } from '../../shared/rounds/override-round.ts';

export type RecordLine = {
  readonly service: ServiceId;
  readonly name: string;
  readonly type: string;
  readonly setIdentifier: string;
  readonly weight: number;
  /** What `--restore-weights` gives it. */
  readonly configured: number;
};
export type Held = {
  readonly service: Service;
  readonly state: /** The `_quorate` record is ours: a removal takes it away. */
    | { readonly kind: 'managed'; readonly records: readonly RecordLine[] }
    /** Nothing of ours is there. */
    | { readonly kind: 'free'; readonly text: string }
    /** Something is there that is not for this deployment to take away. */
    | { readonly kind: 'left'; readonly text: string };
};

export type Releasing = 'leave' | 'restore';
export type Release = (service: Service, how: Releasing, isDryRun: boolean) => Promise<OrderAnswer>;

/** What stands at `_quorate.<first name>`; `no-zone`: the hosted zone itself is gone. */
export type LookAtFence = (service: Service) => Promise<FenceState['kind'] | 'no-zone'>;
export type Releases = { readonly fence: LookAtFence; readonly release: Release };

export async function heldServices(
  { services }: Pick<Config, 'services'>,
  releases: Releases,
): Promise<readonly Held[]> {
  const held: Held[] = [];
  for (const service of services) held.push(await heldOf(service, releases));
  return held;
}

async function heldOf(service: Service, { fence, release }: Releases): Promise<Held> {
  const kind = await fence(service);
  if (kind === 'no-zone') {
    const text = `zone ${service.zone.key} (${service.zone.id}) does not exist any more, nor do its records`;
    return { service, state: { kind: 'free', text } };
  }
  const answer = await release(service, 'restore', true);
  switch (answer.kind) {
    case 'planned':
    case 'plan-changed':
    case 'committed':
      return {
        service,
        state: {
          kind: 'managed',
          records: answer.plan.pairs.flatMap(({ before, after }) =>
            before?.weight === undefined
              ? []
              : {
                  service: service.id,
                  name: before.name,
                  type: before.type,
                  setIdentifier: before.setIdentifier ?? '',
                  weight: before.weight,
                  configured: after?.weight ?? before.weight,
                },
          ),
        },
      };
    case 'nothing-to-do':
      return { service, state: { kind: 'free', text: answer.sentence } };
    case 'refused':
    case 'failed':
      if (kind === 'foreign' || kind === 'malformed') {
        return { service, state: { kind: 'left', text: answer.sentence } };
      }
      throw new QuorateError(
        'REFUSED',
        `${service.id} can't be released: ${answer.sentence}. Nothing was changed`,
      );
  }
}

export const differing = (held: readonly Held[]): readonly RecordLine[] =>
  held
    .flatMap(({ state }) => (state.kind === 'managed' ? state.records : []))
    .filter(({ weight, configured }) => weight !== configured);

export function heldLines(held: readonly Held[]): readonly string[] {
  return held.flatMap(({ service, state }) => {
    if (state.kind !== 'managed') return [`${service.id.padEnd(20)} ${state.text}`];
    return state.records.map(
      ({ name, type, setIdentifier, weight, configured }) =>
        `${service.id.padEnd(20)} ${`${name} ${type} ${setIdentifier}`.padEnd(44)} now ${String(weight).padStart(3)}  configured ${String(configured).padStart(3)}${weight === configured ? '' : '   differs'}`,
    );
  });
}
