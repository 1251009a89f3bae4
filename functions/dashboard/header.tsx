/**
 * The first five seconds: is automation on, what is wrong, who answers and how old it is. What is stale or
 * comes from another region than before says so.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EndpointShown, ServiceShown, StatusDocument } from '../../shared/api/status.ts';
import { useChanges } from './change-context.ts';
import { byLevel, endpointLevel, levelOf } from './judge.ts';
import { Badge, Button, Sentence } from './parts.tsx';
import { type Seen, useTick } from './resource.ts';
import { serviceLink } from './service-card.tsx';
import { clockTime, plural, span } from './words.ts';

const STALE_MS = 12_000;
/** A failover is news for this long. */
const NEWS_MS = 120_000;

export function Header({ seen }: { seen: Seen<StatusDocument> }) {
  const { data } = seen;
  return (
    <header class="top">
      <div class="top-row">
        <a class="brand" href="#/">
          <img src="/dashboard.svg" alt="" width="24" height="24" /> Quorate
        </a>
        {data === null ? null : <span class="quiet-text">{data.deployment}</span>}
        <DataAge seen={seen} />
      </div>
      <Notices seen={seen} />
    </header>
  );
}

function DataAge({ seen }: { seen: Seen<StatusDocument> }) {
  useTick(1_000);
  const { data, receivedAt } = seen;
  if (data === null || receivedAt === null) return <span class="age">no data yet</span>;
  const ageMs = performance.now() - receivedAt;
  const isStale = ageMs > STALE_MS;
  return (
    <span class={`age${isStale ? ' stale' : ''}`}>
      <span class={`dot ${isStale ? 'bad' : 'ok'}`} aria-hidden="true" /> {data.region} answers ·{' '}
      {isStale ? `stale, ${span(ageMs)} old` : `${span(ageMs)} ago`}
    </span>
  );
}

/** A region that answers in the place of another, or nobody at all. */
function Notices({ seen }: { seen: Seen<StatusDocument> }) {
  const { data, failure, passedOver, receivedAt } = seen;
  const region = data?.region ?? null;
  const before = useRef<string | null>(null);
  const [moved, setMoved] = useState<{ from: string; to: string; at: number } | null>(null);
  useEffect(() => {
    if (region === null) return;
    if (before.current !== null && before.current !== region) {
      setMoved({ from: before.current, to: region, at: Date.now() });
    }
    before.current = region;
  }, [region]);
  const isNews = moved !== null && Date.now() - moved.at < NEWS_MS;
  return (
    <div aria-live="polite">
      {failure === null ? null : (
        <div class="notice bad">
          <strong>
            {data === null
              ? 'No answer yet.'
              : `Nothing new since ${clockTime(data.at)}: what you see below may be out of date.`}
          </strong>
          <p>
            <Sentence text={failure.problem.detail} />
          </p>
          {failure.problem.help === '' ? null : (
            <p>
              <Sentence text={failure.problem.help} />
            </p>
          )}
          <p>DNS goes on without this page. It is asked for again by itself.</p>
        </div>
      )}
      {failure === null && receivedAt !== null && (isNews || passedOver !== null) ? (
        <div class="notice warn">
          <strong>
            {isNews
              ? `${moved.to} answers now; before it was ${moved.from}.`
              : `${region} answers.`}
          </strong>
          <p>
            {passedOver === null
              ? 'All regions are equal: everything works as before.'
              : `Did not answer: ${passedOver}. All regions are equal: everything works as before.`}
          </p>
        </div>
      ) : null}
    </div>
  );
}

type SummaryProps = {
  readonly status: StatusDocument;
  readonly now: number;
  readonly isLocal: boolean;
};

export function Summary({ status, now, isLocal }: SummaryProps) {
  const open = useChanges();
  const { on, of } = status.automation;
  const wrong = byLevel(status.services).filter((service) => levelOf(service) === 'alarm');
  const busy = status.services.filter((service) => levelOf(service) === 'notice');
  const about = { service: null, endpoint: null };
  const regions = status.services.flatMap(({ endpoints }) =>
    endpoints.flatMap((e) => e.region ?? []),
  );
  return (
    <section
      class={`summary level-${wrong.length > 0 ? 'alarm' : busy.length > 0 ? 'notice' : 'fine'}`}
    >
      <h1>
        Automation is on for {on} of {plural(of, 'service')}
      </h1>
      <p class="counts">
        {wrong.length === 0 ? null : (
          <Badge tone="bad">
            {wrong.length} {wrong.length === 1 ? 'needs' : 'need'} you
          </Badge>
        )}{' '}
        {busy.length === 0 ? null : <Badge tone="warn">{busy.length} under way</Badge>}{' '}
        {of === wrong.length + busy.length ? null : (
          <Badge tone="ok">{of - wrong.length - busy.length} fine</Badge>
        )}
      </p>
      {[...wrong, ...busy].length === 0 ? (
        <p>Everything is up, and DNS serves what is wanted.</p>
      ) : (
        <ul class="wrong">
          {[...wrong, ...busy].slice(0, 6).map((service) => (
            <li key={service.service}>
              <a href={serviceLink(service.service)}>{service.service}</a>:{' '}
              {whatIsWrong(service, now)}
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <Button
          onClick={() =>
            open({ kind: 'give', order: 'drain', ...about, region: regions[0] ?? null })
          }
        >
          Drain a region…
        </Button>
        <Button
          kind="quiet"
          onClick={() => open({ kind: 'give', order: 'freeze', ...about, region: null })}
        >
          Freeze everything…
        </Button>
        {isLocal ? (
          <Button kind="quiet" onClick={toFaults}>
            Break something…
          </Button>
        ) : null}
      </div>
      {isLocal ? (
        <p class="quiet-text">
          A world on your own machine: drain a region, or break one, and watch what DNS answers.
        </p>
      ) : null}
      {status.notes.map((note) => (
        <p key={note} class="reason warn">
          <Sentence text={note} />
        </p>
      ))}
    </section>
  );
}

function toFaults(): void {
  const heading = document.getElementById('faults');
  heading?.scrollIntoView({ block: 'start' });
  heading?.focus({ preventScroll: true });
}

/** A few words for each; the sentences stand at the service itself. */
function whatIsWrong(service: ServiceShown, now: number): string {
  const { automation, endpoints, waitingUntilAt } = service;
  const said = [
    ...(automation === 'on' ? [] : [`automation is ${automation.replace('-', ' ')}`]),
    ...endpoints
      .filter((endpoint) => endpointLevel(endpoint) !== 'fine')
      .map((endpoint) => `${endpoint.endpoint} ${stateOf(endpoint)}`),
    ...(waitingUntilAt === null
      ? []
      : [`waiting until ${clockTime(waitingUntilAt)} (${span(waitingUntilAt - now)})`]),
  ];
  return said.length === 0 ? 'has an order' : said.join('; ');
}

function stateOf({ health, degraded, inDns, order, withheld, reason }: EndpointShown): string {
  if (withheld.length > 0) return `is ${health}, its removal is withheld`;
  if (order !== null) return WORDS[reason.code] ?? 'is under an order';
  if (health === 'down') return (inDns ?? 0) > 0 ? 'is down, still in DNS' : 'is down, out of DNS';
  return (
    WORDS[reason.code] ??
    (health === 'up' && degraded ? 'is up, vantages disagree' : `is ${health}`)
  );
}

const WORDS: Readonly<Record<string, string>> = {
  drained: 'is drained',
  pinned: 'is pinned',
  frozen: 'is frozen',
  'hold-down': 'waits before it returns',
  ramp: 'is returning',
  'awaiting-approval': 'waits for approval',
  drift: 'was edited by hand',
  'drift-waits': 'waits for the drift to be settled',
  unproven: 'is unproven',
};
