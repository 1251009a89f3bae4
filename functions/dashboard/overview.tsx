/** The list of services, wrong ones first, with a filter where there are many; and the vantages. */
import { useState } from 'preact/hooks';
import type { StatusDocument, VantageShown } from '../../shared/api/status.ts';
import { EndpointsInShort } from './endpoints.tsx';
import { byLevel, levelOf, matches } from './judge.ts';
import { Badge, Section, Sentence, type Tone } from './parts.tsx';
import { AutomationBadge, ServiceCard, serviceLink } from './service-card.tsx';
import { plural, span } from './words.ts';

/** So many fine services are shown whole; beyond that each is one line. */
const WHOLE_MAX = 6;
const FILTER_FROM = 5;

type Props = {
  readonly status: StatusDocument;
  readonly now: number;
  readonly answered: ReadonlyMap<string, ReadonlyMap<string, number>>;
};

export function Services({ status, now, answered }: Props) {
  const [words, setWords] = useState('');
  const [only, setOnly] = useState(false);
  const sorted = byLevel(status.services);
  const shown = sorted.filter(
    (service) => matches(service, words) && (!only || levelOf(service) !== 'fine'),
  );
  const isWhole = status.services.length <= WHOLE_MAX;
  const cards = shown.filter((service) => isWhole || levelOf(service) !== 'fine');
  const lines = shown.filter((service) => !cards.includes(service));
  return (
    <Section
      id="services"
      title="Services"
      about={<>Filled: in DNS now. Outline: configured. Mark: wanted.</>}
    >
      {status.services.length < FILTER_FROM ? null : (
        <search class="row fields">
          <label class="field">
            <span>find a service, name or endpoint</span>
            <input
              type="search"
              value={words}
              autocomplete="off"
              onInput={(event) => setWords(event.currentTarget.value)}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={only}
              onChange={(event) => setOnly(event.currentTarget.checked)}
            />
            <span>only what is not fine</span>
          </label>
          <p class="quiet-text" role="status">
            {shown.length} of {plural(status.services.length, 'service')}
          </p>
        </search>
      )}
      {cards.map((service) => (
        <ServiceCard
          key={service.service}
          {...{ service, now }}
          answered={answered.get(service.service) ?? null}
        />
      ))}
      {lines.length === 0 ? null : (
        <ul class="card rows">
          {lines.map((service) => (
            <li key={service.service} class="service-line">
              <a href={serviceLink(service.service)}>{service.service}</a>
              <span class="quiet-text names">{service.names.join(', ')}</span>
              <EndpointsInShort service={service} />
              <AutomationBadge automation={service.automation} />
            </li>
          ))}
        </ul>
      )}
      {shown.length === 0 ? <p class="card empty">Nothing matches.</p> : null}
    </Section>
  );
}

const TONES: Readonly<Record<VantageShown['state'], Tone>> = {
  reporting: 'ok',
  isolated: 'warn',
  silent: 'bad',
};

export function Vantages({ status }: { status: StatusDocument }) {
  return (
    <Section id="vantages" title="Vantages" about="Where we look from.">
      <ul class="card rows vantages">
        {status.vantages.map(({ vantage, state, ageMs, why, release }) => (
          <li key={vantage}>
            <strong>{vantage}</strong> <Badge tone={TONES[state]}>{state}</Badge>{' '}
            <span class="quiet-text">
              {ageMs === null ? 'no report' : `${span(ageMs)} ago`}
              {release === null ? '' : ` · ${release}`}
            </span>
            {why === null ? null : (
              <p class="reason warn">
                <Sentence text={why} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
