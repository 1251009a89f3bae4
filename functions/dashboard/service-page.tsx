/** One service on its own: its card, the votes, what would change it, decisions, charts, incidents, budgets. */
import type { IncidentsDocument } from '../../shared/api/incidents.ts';
import type { SloDocument } from '../../shared/api/slo.ts';
import type { ServiceDocument, StatusDocument } from '../../shared/api/status.ts';
import { Charts } from './charts.tsx';
import { Incidents } from './incidents.tsx';
import { Section, Sentence } from './parts.tsx';
import { type Seen, useResource } from './resource.ts';
import { ServiceCard } from './service-card.tsx';
import { ErrorBudgets } from './slo.tsx';
import { Timeline } from './timeline.tsx';
import { Matrix } from './votes.tsx';
import { measured, moment } from './words.ts';

const EVERY_MS = 5_000;

type Props = {
  readonly id: string;
  readonly status: StatusDocument;
  readonly now: number;
  readonly answered: ReadonlyMap<string, number> | null;
  readonly incidents: Seen<IncidentsDocument>;
  readonly slo: SloDocument | null;
};

export function ServicePage({ id, status, now, answered, incidents, slo }: Props) {
  const path = `/v1/services/${encodeURIComponent(id)}`;
  const { data } = useResource<ServiceDocument>(path, EVERY_MS);
  const service = status.services.find((one) => one.service === id);
  if (service === undefined) {
    return (
      <p class="card empty">
        There is no service <strong>{id}</strong>. <a href="#/">All services</a>
      </p>
    );
  }
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href="#/">All services</a> <span aria-hidden="true">/</span> {id}
      </nav>
      <ServiceCard {...{ service, now, answered }} isAlone />
      {data === null ? null : <Held document={data} now={now} />}
      <Section id="votes" title="Votes">
        <div class="card">
          <Matrix service={service} vantages={status.vantages} now={now} />
        </div>
      </Section>
      <Timeline service={id} now={now} />
      <Charts service={service} now={now} />
      <ErrorBudgets document={slo} service={id} />
      <Incidents seen={incidents} now={now} service={id} />
    </>
  );
}

function Held({ document, now }: { document: ServiceDocument; now: number }) {
  const { whatWouldChange, lastChange, fence } = document;
  return (
    <Section id="held" title="What would change it">
      <div class="card">
        {whatWouldChange.length === 0 ? (
          <p>Nothing is withheld and nothing waits.</p>
        ) : (
          <ul class="lines">
            {whatWouldChange.map((text) => (
              <li key={text}>
                <Sentence text={text} />
              </li>
            ))}
          </ul>
        )}
        {lastChange === null ? null : (
          <p class="quiet-text">
            Last change: generation {lastChange.generation}
            {lastChange.at === null ? '' : `, ${moment(lastChange.at, now)}`}
            {', '}
            {LAST_WORDS[lastChange.state]}
            {lastChange.at === null || lastChange.insyncAt === null
              ? ''
              : ` (in sync after ${measured(Math.max(0, lastChange.insyncAt - lastChange.at))})`}
            {lastChange.changeId === null ? '' : `, change ${lastChange.changeId}`}
          </p>
        )}
        <details>
          <summary>The _quorate record</summary>
          <p class="quiet-text">
            {fence.name}: {fence.state}
          </p>
          {fence.text === null ? null : <pre class="fence">{fence.text}</pre>}
        </details>
      </div>
    </Section>
  );
}

const LAST_WORDS = {
  pending: 'on its way to the name servers',
  insync: 'served by Route 53',
  seen: 'seen at every name server of the zone',
  unknown: 'how far it has come is not known',
} as const;
