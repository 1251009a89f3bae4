/** One service: automation, what holds or waits, and its endpoints. The same card in the list and on its own. */
import type { ServiceShown } from '../../shared/api/status.ts';
import { useChanges } from './change-context.ts';
import { Endpoints } from './endpoints.tsx';
import { levelOf } from './judge.ts';
import { Badge, Button, Hidden, Reasons, Sentence, type Tone } from './parts.tsx';
import { clockTime, span } from './words.ts';

type Props = {
  readonly service: ServiceShown;
  readonly now: number;
  readonly answered: ReadonlyMap<string, number> | null;
  /** On its own page the card has no link to itself. */
  readonly isAlone?: boolean;
};

export function ServiceCard({ service, now, answered, isAlone = false }: Props) {
  const { automation, names, generation, quorum, usable, of, mode, trouble } = service;
  const level = levelOf(service);
  const id = `service-${service.service}`;
  return (
    <article class={`card service level-${level}`} aria-labelledby={id}>
      <header class="card-head">
        <div>
          <h3 id={id}>
            {isAlone ? (
              service.service
            ) : (
              <a href={serviceLink(service.service)}>{service.service}</a>
            )}
          </h3>
          <p class="quiet-text names">{names.join(', ')}</p>
        </div>
        <div class="card-state">
          <AutomationBadge automation={automation} />
          <p class="quiet-text">
            generation {generation ?? 'none'} · {usable} of {of} vantages, quorum {quorum}
            {mode === 'observe' ? ' · observes only' : ''}
          </p>
        </div>
      </header>
      {trouble === null ? null : (
        <p class="reason bad">
          <Sentence text={trouble} />
        </p>
      )}
      <Reasons reasons={service.reasons} tone={level === 'alarm' ? 'bad' : 'warn'} />
      <Waiting service={service} now={now} />
      <Endpoints {...{ service, now, answered }} />
      <footer class="card-foot">
        <ServiceActions service={service} />
        {isAlone ? null : (
          <a class="more" href={serviceLink(service.service)}>
            Votes, decisions, charts<Hidden> of {service.service}</Hidden>
          </a>
        )}
      </footer>
    </article>
  );
}

export const serviceLink = (service: string): string => `#/service/${encodeURIComponent(service)}`;

const AUTOMATION_TONES: Readonly<Record<ServiceShown['automation'], Tone>> = {
  on: 'ok',
  observing: 'info',
  frozen: 'info',
  'not-quorate': 'bad',
  drift: 'warn',
  blocked: 'bad',
  unmanaged: 'warn',
  unread: 'bad',
};

export const AutomationBadge = ({ automation }: Pick<ServiceShown, 'automation'>) => (
  <Badge tone={AUTOMATION_TONES[automation]}>automation {automation.replace('-', ' ')}</Badge>
);

function Waiting({ service, now }: { service: ServiceShown; now: number }) {
  const { waitingUntilAt } = service;
  if (waitingUntilAt === null) return null;
  const leftMs = waitingUntilAt - now;
  return (
    <p class="reason info">
      <strong>waiting until {clockTime(waitingUntilAt)}</strong>
      {leftMs > 0 ? `, ${span(leftMs)} from now` : ', any moment'}
    </p>
  );
}

function ServiceActions({ service }: { service: ServiceShown }) {
  const open = useChanges();
  if (service.mode === 'observe') {
    return <p class="quiet-text">Observed: it decides and records, and writes nothing.</p>;
  }
  const frozen = service.orders.find(({ kind, started }) => kind === 'freeze' && started);
  const about = { service: service.service, endpoint: null, region: null };
  return (
    <div class="row">
      <Button
        kind="quiet"
        label={`Pin a weight of ${service.service}`}
        onClick={() => open({ kind: 'give', order: 'pin', ...about })}
      >
        Pin a weight…
      </Button>
      {frozen === undefined ? (
        <Button
          kind="quiet"
          label={`Freeze ${service.service}`}
          onClick={() => open({ kind: 'give', order: 'freeze', ...about })}
        >
          Freeze…
        </Button>
      ) : (
        <Button
          kind="main"
          label={`Unfreeze ${service.service}`}
          onClick={() => open({ kind: 'cancel', order: frozen })}
        >
          Unfreeze…
        </Button>
      )}
    </div>
  );
}
