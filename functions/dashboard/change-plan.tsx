/** What a dry run or a change answered, service by service: the sentence with its arithmetic, and every record. */
import type { ChangeAnswer, ChangeResult } from '../../shared/api/overrides.ts';
import type { PlanShown } from '../../shared/api/parts.ts';
import { Badge, Scroll, Sentence, type Tone } from './parts.tsx';
import { plural } from './words.ts';

const OUTCOMES: Readonly<Record<ChangeResult['outcome'], { tone: Tone; word: string }>> = {
  planned: { tone: 'info', word: 'planned' },
  committed: { tone: 'ok', word: 'done' },
  'nothing-to-do': { tone: 'quiet', word: 'nothing to do' },
  refused: { tone: 'bad', word: 'refused' },
  'plan-changed': { tone: 'warn', word: 'the plan changed' },
  failed: { tone: 'bad', word: 'failed' },
};

export const ChangePlan = ({ answer }: { answer: ChangeAnswer }) => (
  <ul class="results">
    {answer.results.map((result) => (
      <Result key={result.service} result={result} />
    ))}
  </ul>
);

function Result({ result }: { result: ChangeResult }) {
  const { service, outcome, sentence, sentences, plan, generation, trouble, recorded } = result;
  const { tone, word } = OUTCOMES[outcome];
  const others = sentences.filter((text) => text !== sentence && text !== '');
  return (
    <li class="result">
      <p>
        <strong>{service}</strong> <Badge tone={tone}>{word}</Badge>
        {generation === null ? null : <span class="quiet-text"> generation {generation}</span>}
      </p>
      <p>
        <Sentence text={sentence} />
      </p>
      {others.map((text) => (
        <p key={text} class="quiet-text">
          <Sentence text={text} />
        </p>
      ))}
      {trouble === null ? null : <p class="reason bad">{trouble}</p>}
      {recorded === false ? (
        <p class="reason warn">The zone has it, the table does not say by whom.</p>
      ) : null}
      {plan === null ? null : <Records plan={plan} />}
    </li>
  );
}

function Records({ plan }: { plan: PlanShown }) {
  const moved = plan.records.filter((record) => record.change !== 'assert');
  const kept = plan.records.length - moved.length;
  const before = weightOf(plan, 'from');
  const after = weightOf(plan, 'to');
  return (
    <>
      {moved.length === 0 ? null : (
        <Scroll label={`Records of ${plan.service}`}>
          <table class="figures-table">
            <thead>
              <tr>
                <th scope="col">endpoint</th>
                <th scope="col">record</th>
                <th scope="col">weight now</th>
                <th scope="col">then</th>
              </tr>
            </thead>
            <tbody>
              {moved.map((record) => (
                <tr key={`${record.name} ${record.type} ${record.endpoint}`} class="moved">
                  <th scope="row">{record.endpoint}</th>
                  <td>
                    {record.name} {record.type}
                  </td>
                  <td>{record.from ?? 'none'}</td>
                  <td>
                    <b>{record.to ?? 'none'}</b>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {before === after || before === 0 ? null : (
        <p>
          Weight in DNS: {before} → <b>{after}</b> ({Math.round((after * 100) / before)} % of what
          it is now).
        </p>
      )}
      <p class="quiet-text">
        {moved.length === 0 ? 'No weight changes. ' : ''}
        {kept === 0
          ? ''
          : `${plural(kept, 'record stays', 'records stay')} as ${kept === 1 ? 'it is' : 'they are'}, and must still be so when this is sent. `}
        Generation {plan.generation.from ?? 'none'} → {plan.generation.to ?? 'none'}, plan{' '}
        {plan.checksum}.
      </p>
    </>
  );
}

/** Of one name and type: the others move alike. */
function weightOf({ records }: PlanShown, side: 'from' | 'to'): number {
  const [first] = records;
  return records
    .filter(({ name, type }) => name === first?.name && type === first.type)
    .reduce((sum, record) => sum + (record[side] ?? 0), 0);
}
