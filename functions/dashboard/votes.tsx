/**
 * How the vantages vote, at a glance: a symbol, a word and a pattern for each vote, and dissent marked.
 * The strip is for one line of a list; the matrix is for one service, with what each vantage saw as text.
 */
import type { BallotShown } from '../../shared/api/parts.ts';
import type { EndpointShown, ServiceShown, VantageShown } from '../../shared/api/status.ts';
import { Hidden, Scroll } from './parts.tsx';
import { clockTime, list, shortName, span } from './words.ts';

export const VOTES = {
  up: { symbol: '✓', word: 'up' },
  down: { symbol: '✗', word: 'down' },
  none: { symbol: '…', word: 'no vote yet' },
  silent: { symbol: '–', word: 'silent' },
} as const;

/** Who sees it otherwise than the verdict: nobody where all agree. */
export const dissenters = ({ health, votes }: EndpointShown): readonly BallotShown[] => {
  if (health === 'unknown') {
    const ups = votes.filter(({ vote }) => vote === 'up');
    const downs = votes.filter(({ vote }) => vote === 'down');
    return ups.length === 0 || downs.length === 0 ? [] : downs;
  }
  return votes.filter(({ vote }) => (vote === 'up' || vote === 'down') && vote !== health);
};

export function VoteStrip({ endpoint }: { endpoint: EndpointShown }) {
  const odd = dissenters(endpoint);
  const text = endpoint.votes.map(({ vantage, vote }) => `${vantage} ${VOTES[vote].word}`);
  return (
    <div class="strip" role="img" aria-label={`votes: ${list(text)}`} title={text.join('\n')}>
      {endpoint.votes.map((ballot) => (
        <span
          key={ballot.vantage}
          aria-hidden="true"
          class={`vote ${ballot.vote}${odd.includes(ballot) ? ' odd' : ''}`}
        >
          {VOTES[ballot.vote].symbol}
        </span>
      ))}
    </div>
  );
}

type MatrixProps = {
  readonly service: ServiceShown;
  readonly vantages: readonly VantageShown[];
  readonly now: number;
};

export function Matrix({ service, vantages, now }: MatrixProps) {
  const columns = vantages.filter(({ vantage }) =>
    service.endpoints.some(({ votes }) => votes.some((ballot) => ballot.vantage === vantage)),
  );
  const telling = service.endpoints.flatMap((endpoint) =>
    endpoint.votes
      .filter(({ vote, code, watch }) => vote !== 'up' || code !== null || watch.length > 0)
      .map((ballot) => ({ endpoint: endpoint.endpoint, ballot })),
  );
  return (
    <>
      <Scroll label={`Votes on ${service.service}`}>
        <table class="matrix">
          <caption class="hidden">Votes of each vantage on each endpoint</caption>
          <thead>
            <tr>
              <th scope="col">endpoint</th>
              {columns.map(({ vantage, state, ageMs }) => (
                <th
                  key={vantage}
                  scope="col"
                  title={`${vantage}: ${state}${ageMs === null ? '' : `, ${span(ageMs)} ago`}`}
                >
                  <abbr title={vantage}>{shortName(vantage)}</abbr>
                </th>
              ))}
              <th scope="col">verdict</th>
            </tr>
          </thead>
          <tbody>
            {service.endpoints.map((endpoint) => (
              <MatrixRow
                key={endpoint.endpoint}
                endpoint={endpoint}
                columns={columns}
                service={service}
                now={now}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="legend">
        {Object.entries(VOTES).map(([vote, { symbol, word }]) => (
          <span key={vote}>
            <span class={`vote ${vote}`} aria-hidden="true">
              {symbol}
            </span>{' '}
            {word}
          </span>
        ))}
        <span>
          <span class="vote up odd" aria-hidden="true">
            ✓
          </span>{' '}
          sees it otherwise than the verdict
        </span>
      </p>
      {telling.length === 0 ? (
        <p class="quiet-text">Every vantage sees every endpoint up.</p>
      ) : (
        <ul class="ballots">
          {telling.map(({ endpoint, ballot }) => (
            <li key={`${endpoint} ${ballot.vantage}`}>
              <strong>{ballot.vantage}</strong> on <strong>{endpoint}</strong>:{' '}
              {ballotText(ballot, now)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

type RowProps = {
  readonly endpoint: EndpointShown;
  readonly columns: readonly VantageShown[];
  readonly service: ServiceShown;
  readonly now: number;
};

function MatrixRow({ endpoint, columns, service, now }: RowProps) {
  const odd = dissenters(endpoint);
  const { health, degraded, ups, downs } = endpoint;
  return (
    <tr class={odd.length > 0 ? 'split' : ''}>
      <th scope="row">{endpoint.endpoint}</th>
      {columns.map(({ vantage }) => {
        const ballot = endpoint.votes.find((one) => one.vantage === vantage);
        if (ballot === undefined) return <td key={vantage} />;
        return (
          <td key={vantage} title={`${vantage}: ${ballotText(ballot, now)}`}>
            <span
              class={`vote ${ballot.vote}${odd.includes(ballot) ? ' odd' : ''}`}
              aria-hidden="true"
            >
              {VOTES[ballot.vote].symbol}
            </span>
            <Hidden>
              {VOTES[ballot.vote].word}
              {odd.includes(ballot) ? ', against the verdict' : ''}
            </Hidden>
          </td>
        );
      })}
      <td class="verdict">
        {health}
        {degraded || odd.length > 0 ? (
          <span class="quiet-text">
            {' '}
            {ups} up, {downs} down, quorum {service.quorum}
          </span>
        ) : null}
      </td>
    </tr>
  );
}

/** `down: timeout, 4 in a row since 12:00:20Z (40 s): no complete answer within 3000 ms` */
export function ballotText(ballot: BallotShown, now: number): string {
  const { vote, failures, sinceAt, code, detail, latencyMs, watch } = ballot;
  if (vote === 'silent') return `silent${detail === '' ? '' : `: ${detail}`}`;
  const facts = [
    VOTES[vote].word,
    ...(code === null ? [] : [code]),
    ...(failures > 0 ? [`${failures} in a row`] : []),
    ...(sinceAt === null ? [] : [`since ${clockTime(sinceAt)} (${span(now - sinceAt)})`]),
    ...(latencyMs === null ? [] : [`${Math.round(latencyMs)} ms`]),
    ...(watch.length === 0 ? [] : [`watch: ${watch.join(', ')}`]),
  ].join(', ');
  return `${facts}${detail === '' ? '' : `: ${detail}`}`;
}
