/**
 * Votes → verdicts. `down` needs Q down votes, one of them from outside the endpoint's own region; `up`
 * needs Q up votes; anything else is `unknown`, which never moves a weight. The divisor is the number
 * of configured vantages, never of those that answered.
 */
import type { Endpoint, EndpointId, EpochMs, Service, VantageId } from './model.ts';
import type { Votes } from './vote.ts';

export type Verdict = {
  readonly value: 'up' | 'down' | 'unknown';
  /** An `up` with at least one `down` vote against it. */
  readonly degraded: boolean;
  readonly ups: readonly VantageId[];
  readonly downs: readonly VantageId[];
  /** Vantages whose last probe of it failed, whatever they vote: what a fall begins with. One that was
   *  skipped keeps the count of those before it and says nothing: it may be skipped for hours. */
  readonly failing: readonly VantageId[];
  readonly of: number;
  /** When the quorum for this verdict was first complete; null while unknown or always up. */
  readonly sinceAt: EpochMs | null;
  /** Most frequent failure among the down votes, `timeout`; empty once all of them pass again. */
  readonly failure: string;
};

/** An endpoint's last change of weight: only votes observed after it can reverse it. */
export type LastChange = { readonly at: EpochMs; readonly direction: 'in' | 'out' };

export function judge(
  service: Service,
  votes: Votes,
  lastChanges: ReadonlyMap<EndpointId, LastChange>,
): ReadonlyMap<EndpointId, Verdict> {
  return new Map(
    service.endpoints.map((endpoint) => [
      endpoint.id,
      judgeEndpoint(service, endpoint, votes, lastChanges.get(endpoint.id)),
    ]),
  );
}

function judgeEndpoint(
  service: Service,
  endpoint: Endpoint,
  votes: Votes,
  lastChange: LastChange | undefined,
): Verdict {
  const ballots = votes.views.flatMap((view) => {
    const ballot = view.state === 'silent' ? undefined : view.ballots.get(endpoint.id);
    return ballot === undefined || view.state === 'silent'
      ? []
      : [{ vantage: view.vantage, observedAt: view.observedAt, state: view.state, ballot }];
  });
  const counts = (vote: 'up' | 'down'): typeof ballots =>
    ballots.filter(
      ({ ballot, observedAt }) =>
        ballot.vote === vote &&
        !(reverses(vote, lastChange) && lastChange !== undefined && observedAt <= lastChange.at),
    );
  const ups = counts('up');
  const downs = counts('down');
  const isDown =
    downs.length >= service.quorum &&
    downs.some(({ vantage }) => String(vantage) !== String(endpoint.region));
  const isUp = ups.length >= service.quorum;
  const value = isDown ? 'down' : isUp ? 'up' : 'unknown';
  return {
    value,
    degraded: value === 'up' && downs.length > 0,
    ups: ups.map(({ vantage }) => vantage),
    downs: downs.map(({ vantage }) => vantage),
    failing: ballots
      .filter(
        ({ ballot, state }) =>
          state === 'reporting' && ballot.skipped === null && ballot.failures > 0,
      )
      .map(({ vantage }) => vantage),
    of: service.vantages.length,
    sinceAt: value === 'unknown' ? null : quorumSince(isDown ? downs : ups, service.quorum),
    failure: commonest(
      downs.flatMap(({ ballot }) => (ballot.failures === 0 ? [] : (ballot.code ?? 'unknown'))),
    ),
  };
}

const reverses = (vote: 'up' | 'down', lastChange: LastChange | undefined): boolean =>
  lastChange !== undefined && (lastChange.direction === 'out' ? vote === 'up' : vote === 'down');

/** The Q-th earliest start among the votes; an unlisted `up` began before anyone looked. */
function quorumSince(
  votes: readonly { readonly ballot: { readonly sinceAt: EpochMs | null } }[],
  quorum: number,
): EpochMs | null {
  const times = votes.map(({ ballot }) => ballot.sinceAt ?? 0).sort((a, b) => a - b);
  const at = times[quorum - 1];
  return at ? (at as EpochMs) : null;
}

function commonest(words: readonly string[]): string {
  const tally = new Map<string, number>();
  for (const word of words) tally.set(word, (tally.get(word) ?? 0) + 1);
  let best = '';
  for (const [word, count] of tally) {
    const bestCount = tally.get(best) ?? 0;
    if (count > bestCount || (count === bestCount && word < best)) best = word;
  }
  return best;
}
