/**
 * Verdicts before → what the canary sees under the new file → may the deployment go on? An endpoint that
 * was `up` and that the canary does not see `up` stops it, unless it is accepted by name: once the others
 * follow, nobody would see it up any more. So does one whose verdict was not known and that is `down` now.
 * Pure.
 */
import {
  byText,
  type Config,
  type EndpointId,
  type EpochMs,
  type ServiceId,
  type VantageId,
} from '../../shared/core/model.ts';
import { judge } from '../../shared/core/verdict.ts';
import { type Ballot, castVotes } from '../../shared/core/vote.ts';
import type { Evidence } from '../../shared/rounds/evidence.ts';

export type VerdictValue = 'up' | 'down' | 'unknown';
/** `service/endpoint` → verdict. */
export type Verdicts = ReadonlyMap<string, VerdictValue>;
export type Sight = { readonly value: VerdictValue; readonly detail: string };

export type VerdictChange = {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  /** Null: not deployed before. */
  readonly before: VerdictValue | null;
  /** Null: the canary does not look at this service. */
  readonly after: VerdictValue | null;
  readonly detail: string;
  readonly stops: boolean;
  readonly isAccepted: boolean;
};

export const endpointKey = (service: ServiceId, endpoint: EndpointId): string =>
  `${service}/${endpoint}`;

/** By the quorum of the vantages, under the configuration that is deployed. */
export function verdictsBefore(deployed: Config, evidence: Evidence, now: EpochMs): Verdicts {
  return new Map(
    deployed.services.flatMap((service) => {
      const votes = castVotes(service, evidence.readings, evidence.isolated, now);
      return [...judge(service, votes, new Map())].map(
        ([endpoint, { value }]) => [endpointKey(service.id, endpoint), value] as const,
      );
    }),
  );
}

/** By the canary's own report, under the new file. Nothing of a service that it does not look at. */
export function canarySight(
  config: Config,
  evidence: Evidence,
  canary: VantageId,
  now: EpochMs,
): ReadonlyMap<string, Sight> {
  return new Map(
    config.services.flatMap((service) => {
      const view = castVotes(service, evidence.readings, evidence.isolated, now).views.find(
        ({ vantage }) => vantage === canary,
      );
      if (view === undefined) return [];
      return service.endpoints.map(({ id }) => {
        const ballot = view.state === 'silent' ? undefined : view.ballots.get(id);
        const sight: Sight =
          ballot === undefined
            ? { value: 'unknown', detail: view.state === 'silent' ? view.detail : '' }
            : sightOf(ballot);
        return [endpointKey(service.id, id), sight] as const;
      });
    }),
  );
}

/** `none`: not judged yet, or not probed for the vantage's own reasons. */
function sightOf({ vote, failures, code, skipped, detail }: Ballot): Sight {
  const why = skipped ?? (failures > 0 || vote === 'down' ? (code ?? 'fails') : '');
  const value = vote === 'none' ? 'unknown' : vote;
  return { value, detail: why === '' ? '' : `${why}${detail === '' ? '' : `: ${detail}`}` };
}

export const isSettled = (sight: ReadonlyMap<string, Sight>): boolean =>
  [...sight.values()].every(({ value }) => value !== 'unknown');

export function verdictChanges(
  config: Config,
  before: Verdicts | null,
  after: ReadonlyMap<string, Sight>,
  accepted: readonly string[],
): readonly VerdictChange[] {
  return config.services
    .toSorted((a, b) => byText(a.id, b.id))
    .flatMap((service) =>
      service.endpoints.map(({ id }): VerdictChange => {
        const key = endpointKey(service.id, id);
        const was = before?.get(key) ?? null;
        const sight = after.get(key);
        const isWorse = sight !== undefined && getsWorse(was, sight.value);
        const isAccepted = isWorse && accepted.includes(key);
        return {
          service: service.id,
          endpoint: id,
          before: was,
          after: sight?.value ?? null,
          detail: sight?.detail ?? '',
          stops: isWorse && !isAccepted,
          isAccepted,
        };
      }),
    );
}

/** Unknown may have been up: while a deployment is half done, fewer vantages vote. */
function getsWorse(was: VerdictValue | null, is: VerdictValue): boolean {
  return (was === 'up' && is !== 'up') || (was === 'unknown' && is === 'down');
}

export function verdictText(change: VerdictChange): string {
  const { service, endpoint, before, after, detail, stops, isAccepted } = change;
  const end = stops ? '   stops the deployment' : isAccepted ? '   accepted' : '';
  const seen = after ?? 'not looked at from here';
  const why = detail === '' || after === 'up' ? '' : ` (${detail})`;
  return `${endpointKey(service, endpoint).padEnd(32)} ${(before ?? 'new').padEnd(8)}→ ${seen}${why}${end}`;
}
