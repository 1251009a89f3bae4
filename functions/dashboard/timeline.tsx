/** The decisions of a service, newest first: who, what moved, why, and how far it has come. */
import { useState } from 'preact/hooks';
import type { DecisionShown, DecisionsDocument } from '../../shared/api/decisions.ts';
import { Badge, Button, Hidden, Section, Sentence, type Tone } from './parts.tsx';
import { useResource } from './resource.ts';
import { measured, moment, personOf, plural } from './words.ts';

const EVERY_MS = 5_000;
const PAGE = 30;
/** More are shown on demand: the newest tell what is the matter. */
const FIRST = 6;

const OUTCOMES: Readonly<Record<DecisionShown['outcome'], { tone: Tone; word: string }>> = {
  committed: { tone: 'ok', word: 'committed' },
  lost: { tone: 'quiet', word: 'lost the race' },
  observed: { tone: 'info', word: 'observed only' },
  open: { tone: 'warn', word: 'not known yet' },
};

export function Timeline({ service, now }: { service: string; now: number }) {
  const path = `/v1/services/${encodeURIComponent(service)}/decisions?limit=${PAGE}`;
  const { data, failure } = useResource<DecisionsDocument>(path, EVERY_MS);
  const shown = (data?.decisions ?? []).filter(({ outcome }) => outcome !== 'lost');
  const lost = (data?.decisions.length ?? 0) - shown.length;
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, shown.length - FIRST);
  return (
    <Section id="decisions" title="Decisions" about="The records themselves, newest first.">
      {data === null ? (
        <p class="card empty">
          {failure === null ? 'Loading…' : `Not known now: ${failure.problem.detail}`}
        </p>
      ) : shown.length === 0 ? (
        <p class="card empty">None recorded yet.</p>
      ) : (
        <ol class="card rows">
          {shown.slice(0, shown.length - hidden).map((decision) => (
            <Decision key={decision.digest} decision={decision} now={now} />
          ))}
          {hidden === 0 ? null : (
            <li>
              <Button kind="quiet" onClick={() => setWhole(true)}>
                Show {plural(hidden, 'older one')}
              </Button>
            </li>
          )}
          {lost === 0 ? null : (
            <li class="quiet-text">
              {plural(lost, 'attempt')} of other regions lost the race to these: normal, and without
              effect.
            </li>
          )}
        </ol>
      )}
    </Section>
  );
}

function Decision({ decision, now }: { decision: DecisionShown; now: number }) {
  const { record, outcome, committedAt, insyncAt, seenAt, delivered } = decision;
  const { tone, word } = OUTCOMES[outcome];
  const moved = record.lines.filter((line) => line.from !== line.to);
  const said = [
    ...new Set([
      ...record.sentences,
      ...moved.map((line) => line.sentence).filter((text) => text !== ''),
    ]),
  ];
  const from = committedAt ?? record.at;
  return (
    <li class="decision">
      <p class="decision-head">
        <span class="step-time">{moment(record.at, now)}</span>
        <strong>generation {record.generation}</strong>
        <Badge tone={tone}>{word}</Badge>
        {moved.map((line) => (
          <span key={line.endpoint} class="move">
            {line.endpoint} <b>{line.from}</b> <span aria-hidden="true">→</span>
            <Hidden>to</Hidden> <b>{line.to}</b>
          </span>
        ))}
      </p>
      {said.map((text) => (
        <p key={text}>
          <Sentence text={text} />
        </p>
      ))}
      {record.order === undefined || said.includes(record.order.reason) ? null : (
        <p>“{record.order.reason}”</p>
      )}
      <p class="quiet-text">
        by <span title={record.actor}>{personOf(record.actor)}</span>
        {record.via === undefined ? '' : ` via ${record.via}`}
        {insyncAt === null ? '' : ` · in sync after ${measured(Math.max(0, insyncAt - from))}`}
        {seenAt === null ? '' : ` · seen after ${measured(Math.max(0, seenAt - from))}`}
        {delivered.length === 0
          ? ''
          : ` · told ${[...new Set(delivered.map(({ channel }) => channel))].join(', ')}`}
      </p>
    </li>
  );
}
