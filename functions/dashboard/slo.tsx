/** Error budgets: what is left, and whether it burns too fast. */
import type { SloDocument } from '../../shared/api/slo.ts';
import { Badge, Section } from './parts.tsx';
import { percent, span } from './words.ts';

type Objective = SloDocument['services'][number]['objectives'][number];
type Props = { readonly document: SloDocument | null; readonly service?: string };

export function ErrorBudgets({ document, service }: Props) {
  const services = (document?.services ?? []).filter(
    (one) => one.objectives.length > 0 && (service === undefined || one.service === service),
  );
  if (services.length === 0) return null;
  return (
    <Section id="budgets" title="Error budgets">
      <ul class="card rows">
        {services.map(({ service: id, objectives, sentence }) => (
          <li key={id} class="slo">
            <p>
              <strong>{id}</strong> <span class="quiet-text">{sentence}</span>
            </p>
            {objectives.map((objective) => (
              <ObjectiveLine key={objective.kind} objective={objective} />
            ))}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function ObjectiveLine({ objective }: { objective: Objective }) {
  const { kind, objectivePercent, thresholdMs, windowMs, measuredPercent } = objective;
  const left = objective.budgetLeftPercent;
  const burning = objective.burns.filter((burn) => burn.burning);
  const tone =
    left === null ? 'quiet' : left <= 0 || burning.length > 0 ? 'bad' : left < 25 ? 'warn' : 'ok';
  return (
    <div class="objective">
      <span>
        {kind === 'latency' ? `faster than ${thresholdMs} ms` : 'available'}{' '}
        {percent(objectivePercent)} of {span(windowMs)}
        <span class="quiet-text">
          {measuredPercent === null
            ? ', nothing measured yet'
            : `, measured ${percent(measuredPercent)}`}
        </span>
      </span>
      <div class="bar thin" aria-hidden="true">
        <span
          class={`bar-served ${tone}`}
          style={{ width: `${Math.min(100, Math.max(0, left ?? 0))}%` }}
        />
      </div>
      <Badge tone={tone}>
        {left === null ? 'unknown' : `${percent(Math.round(left * 10) / 10)} of the budget left`}
        {burning.length === 0
          ? ''
          : `, burns too fast (${burning.map(({ name }) => name).join(', ')})`}
      </Badge>
    </div>
  );
}
