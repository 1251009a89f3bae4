/** Incidents, each as one thread: how long until it was seen, until traffic was away, until it was over. */
import type { IncidentShown, IncidentsDocument } from '../../shared/api/incidents.ts';
import { Badge, Section, Sentence } from './parts.tsx';
import type { Seen } from './resource.ts';
import { measured, moment, span } from './words.ts';

type Props = {
  readonly seen: Seen<IncidentsDocument>;
  readonly now: number;
  readonly service?: string;
};

const SHOWN_MAX = 20;

export function Incidents({ seen, now, service }: Props) {
  const all = (seen.data?.incidents ?? []).filter(
    (incident) => service === undefined || incident.service === service,
  );
  return (
    <Section
      id="incidents"
      title="Incidents"
      about={seen.data === null ? undefined : `since ${moment(seen.data.sinceAt, now)}`}
    >
      {seen.data === null ? (
        <p class="card empty">
          {seen.failure === null ? 'Loading…' : `Not known now: ${seen.failure.problem.detail}`}
        </p>
      ) : all.length === 0 ? (
        <p class="card empty">None.</p>
      ) : (
        <ul class="card rows">
          {all.slice(0, SHOWN_MAX).map((incident) => (
            <Incident key={incident.id} incident={incident} now={now} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Incident({ incident, now }: { incident: IncidentShown; now: number }) {
  const { state, title, service, openedAt, resolvedAt, detectMs, recoverMs, recoverBasis, steps } =
    incident;
  return (
    <li class="incident">
      <details>
        <summary>
          <Badge tone={state === 'open' ? 'bad' : 'quiet'}>{state}</Badge> <strong>{title}</strong>{' '}
          <span class="quiet-text">
            {service} · {moment(openedAt, now)}
          </span>
          <span class="figures">
            <Figure words="detected in" ms={detectMs} />
            <Figure
              words={recoverBasis === 'insync' ? 'traffic away (in sync) in' : 'traffic away in'}
              ms={recoverMs}
            />
            <span>
              {resolvedAt === null ? 'open for' : 'over after'}{' '}
              <b>{span((resolvedAt ?? now) - openedAt)}</b>
            </span>
          </span>
        </summary>
        <ol class="steps">
          {steps.map(({ step, at, sentence }) => (
            <li key={`${step} ${at} ${sentence}`}>
              <span class="step-time">{moment(at, now)}</span>
              <span class="step-offset">+{measured(Math.max(0, at - openedAt))}</span>
              <span>
                <b>{step.replace('-', ' ')}</b> <Sentence text={sentence} />
              </span>
            </li>
          ))}
        </ol>
      </details>
    </li>
  );
}

/** What does not apply is left out: an automation that is off recovers no traffic. */
const Figure = ({ words, ms }: { words: string; ms: number | null }) =>
  ms === null ? null : (
    <span>
      {words} <b>{measured(ms)}</b>
    </span>
  );
