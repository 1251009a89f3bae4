/**
 * The endpoints of a service: what DNS serves beside what is wanted beside what the file says, how the
 * vantages vote, and why. One line each, with what an operator can do about it.
 */
import type { EndpointShown, ServiceShown } from '../../shared/api/status.ts';
import { useChanges } from './change-context.ts';
import { endpointLevel, isCalm } from './judge.ts';
import { Badge, Button, Hidden, Reasons, Sentence, type Tone } from './parts.tsx';
import { ballotText, dissenters, VoteStrip } from './votes.tsx';
import { moment, personOf, plural, span } from './words.ts';

type Props = {
  readonly service: ServiceShown;
  readonly now: number;
  /** Endpoint → share of the last DNS answers, where somebody counts them. */
  readonly answered: ReadonlyMap<string, number> | null;
};

export function Endpoints({ service, now, answered }: Props) {
  const { endpoints } = service;
  const scale = Math.max(
    1,
    ...endpoints.flatMap(({ inDns, wanted, configured }) => [inDns ?? 0, wanted ?? 0, configured]),
  );
  const served = endpoints.reduce((sum, { inDns }) => sum + (inDns ?? 0), 0);
  return (
    <ul class="endpoints">
      {endpoints.map((endpoint) => (
        <EndpointLine
          key={endpoint.endpoint}
          {...{ service, endpoint, scale, now }}
          share={served === 0 ? null : ((endpoint.inDns ?? 0) * 100) / served}
          answered={answered?.get(endpoint.endpoint) ?? null}
        />
      ))}
    </ul>
  );
}

type LineProps = {
  readonly service: ServiceShown;
  readonly endpoint: EndpointShown;
  readonly scale: number;
  readonly share: number | null;
  readonly answered: number | null;
  readonly now: number;
};

function EndpointLine({ service, endpoint, scale, share, answered, now }: LineProps) {
  const { reason, withheld, votes } = endpoint;
  const watched = [...new Set(votes.flatMap(({ watch }) => watch))];
  const level = endpointLevel(endpoint);
  return (
    <li class={`endpoint level-${level}`}>
      <div class="endpoint-name">
        <strong>{endpoint.endpoint}</strong>
        {endpoint.tier === null || endpoint.tier === 1 ? null : (
          <span class="quiet-text"> tier {endpoint.tier}</span>
        )}
        {endpoint.region === null || endpoint.region === endpoint.endpoint ? null : (
          <span class="quiet-text"> in {endpoint.region}</span>
        )}
      </div>
      <Health endpoint={endpoint} />
      <VoteStrip endpoint={endpoint} />
      <Weights endpoint={endpoint} scale={scale} share={share} answered={answered} />
      <Actions service={service} endpoint={endpoint} />
      <div class="endpoint-why">
        <OrderLine service={service} endpoint={endpoint} now={now} />
        {isCalm(endpoint) ||
        isToldByOrder(service, endpoint) ||
        reason.code === 'healthy' ? null : (
          <p class={`reason ${level === 'alarm' ? 'bad' : level === 'notice' ? 'warn' : 'quiet'}`}>
            <Sentence text={reason.sentence} />
          </p>
        )}
        <Reasons reasons={withheld} tone="bad" />
        <Dissent endpoint={endpoint} now={now} />
        {watched.length === 0 ? null : (
          <p class="reason quiet">watched, never votes: {watched.join(', ')}</p>
        )}
      </div>
    </li>
  );
}

const HEALTH_TONES: Readonly<Record<EndpointShown['health'], Tone>> = {
  up: 'ok',
  down: 'bad',
  unknown: 'warn',
};

function Health({ endpoint: { health, degraded, ups, downs, of } }: { endpoint: EndpointShown }) {
  const isSplit = health === 'up' && degraded;
  const count = health === 'down' ? downs : ups;
  const text = health === 'unknown' ? health : `${health} ${count} of ${of}`;
  return (
    <div class="endpoint-health">
      <Hidden>health: </Hidden>
      <Badge tone={isSplit ? 'warn' : HEALTH_TONES[health]}>{text}</Badge>
    </div>
  );
}

type WeightsProps = Pick<LineProps, 'endpoint' | 'scale' | 'share' | 'answered'>;

function Weights({ endpoint, scale, share, answered }: WeightsProps) {
  const { inDns, wanted, configured, health } = endpoint;
  const isMoving = wanted !== null && inDns !== null && wanted !== inDns;
  const width = (value: number): { width: string } => ({ width: `${(value * 100) / scale}%` });
  const isDead = health === 'down' && (inDns ?? 0) > 0;
  return (
    <div class="weights">
      <div class="bar" aria-hidden="true">
        <span class="bar-configured" style={width(configured)} />
        {isMoving ? <span class="bar-wanted" style={width(wanted)} /> : null}
        <span class={`bar-served${isDead ? ' dead' : ''}`} style={width(inDns ?? 0)} />
      </div>
      <div class="weights-text">
        <span>
          in DNS <b>{inDns ?? 'none'}</b>
          {isMoving ? (
            <>
              {' '}
              <span aria-hidden="true">→</span> wanted <b>{wanted}</b>
            </>
          ) : null}{' '}
          <span class="quiet-text">of {configured}</span>
        </span>
        <span class="quiet-text">
          {answered === null
            ? share === null
              ? ''
              : `${Math.round(share)} % of traffic`
            : `${Math.round(answered)} % of answers`}
        </span>
      </div>
    </div>
  );
}

/** The order's own line says it, with who and why. */
const isToldByOrder = (service: ServiceShown, { reason, order }: EndpointShown): boolean =>
  TOLD_BY_ORDER.has(reason.code) && service.orders.some(({ id }) => id === order);
const TOLD_BY_ORDER = new Set(['drained', 'pinned', 'frozen']);

/** Who sees it otherwise, named where one looks first. */
function Dissent({ endpoint, now }: Pick<LineProps, 'endpoint' | 'now'>) {
  return (
    <>
      {dissenters(endpoint).map((ballot) => (
        <p key={ballot.vantage} class="reason warn">
          <strong>{ballot.vantage} disagrees:</strong> {ballotText(ballot, now)}
        </p>
      ))}
    </>
  );
}

function OrderLine({ service, endpoint, now }: Pick<LineProps, 'service' | 'endpoint' | 'now'>) {
  const order = service.orders.find(({ id }) => id === endpoint.order);
  if (order === undefined) return null;
  const word = order.kind === 'drain' ? 'drained' : order.kind === 'pin' ? 'pinned' : 'frozen';
  return (
    <p class="reason info">
      <strong>{word}</strong>
      {order.kind === 'pin' ? ` at ${order.weight}` : ''}
      {order.actor === null ? '' : ` by ${personOf(order.actor)}`}, {span(order.untilAt - now)} left
      (until {moment(order.untilAt, now)}){order.reason === null ? '' : `: ${order.reason}`}
    </p>
  );
}

function Actions({ service, endpoint }: { service: ServiceShown; endpoint: EndpointShown }) {
  const open = useChanges();
  const about = { service: service.service, endpoint: endpoint.endpoint };
  const own = service.orders.find(({ id }) => id === endpoint.order && id !== null);
  const isObserved = service.mode === 'observe';
  if (isObserved) return <div class="endpoint-actions" />;
  return (
    <div class="endpoint-actions">
      {endpoint.reason.code === 'awaiting-approval' ? (
        <Button
          label={`Approve the return of ${about.endpoint} of ${about.service}`}
          onClick={() => open({ kind: 'approve', ...about })}
        >
          Approve…
        </Button>
      ) : null}
      {own === undefined || own.kind === 'freeze' ? (
        <Button
          label={`Drain ${about.endpoint} of ${about.service}`}
          onClick={() => open({ kind: 'give', order: 'drain', ...about, region: null })}
        >
          Drain…
        </Button>
      ) : (
        <Button
          kind="main"
          label={`${own.kind === 'drain' ? 'Undrain' : 'Unpin'} ${about.endpoint} of ${about.service}`}
          onClick={() => open({ kind: 'cancel', order: own })}
        >
          {own.kind === 'drain' ? 'Undrain…' : 'Unpin…'}
        </Button>
      )}
    </div>
  );
}

/** For services without trouble, in a long list. */
export const EndpointsInShort = ({ service }: { service: ServiceShown }) => (
  <span class="quiet-text">
    {plural(service.endpoints.length, 'endpoint')},{' '}
    {service.endpoints.filter(({ inDns }) => (inDns ?? 0) > 0).length} in DNS
  </span>
);
