/** What an override round did → the answer of the API and the document of the command line. */
import type { EpochMs, VantageId } from '../core/model.ts';
import { planJson } from '../core/plan-text.ts';
import { type OverrideAnswer, orderIdIn, type ServiceAnswer } from '../rounds/override-round.ts';
import type { ChangeAnswer, ChangeResult } from './overrides.ts';

export function changeAnswer(
  { checksum, results }: OverrideAnswer,
  facts: {
    readonly region: VantageId;
    readonly at: EpochMs;
    readonly actor: string;
    readonly isDryRun: boolean;
    /** Of the order that was asked for or extended. */
    readonly untilAt: EpochMs | null;
  },
): ChangeAnswer {
  const { region, at, actor, isDryRun, untilAt } = facts;
  return {
    format: 1,
    region,
    at,
    actor,
    dryRun: isDryRun,
    checksum,
    untilAt,
    results: results.filter(isConcerned).map(changeResult),
  };
}

/** An order's id says not which services have it: those that don't have nothing to tell. */
const isConcerned = ({ operation, answer }: ServiceAnswer): boolean =>
  (operation.kind !== 'cancel' && operation.kind !== 'extend') || answer.kind !== 'nothing-to-do';

const NOTHING = {
  sentences: [],
  plan: null,
  generation: null,
  changeId: null,
  recorded: null,
  trouble: null,
} as const;

function changeResult({ service, operation, answer }: ServiceAnswer): ChangeResult {
  const base = { ...NOTHING, service: service.id, order: orderIdIn(operation) };
  switch (answer.kind) {
    case 'unread': {
      const { message } = answer.error;
      return {
        ...base,
        outcome: 'failed',
        sentence: `nothing was done: ${message}`,
        trouble: message,
      };
    }
    case 'nothing-to-do':
    case 'refused':
    case 'failed':
      return { ...base, outcome: answer.kind, sentence: answer.sentence };
    case 'planned':
    case 'plan-changed':
    case 'committed': {
      const { plan, sentence, sentences, trouble } = answer;
      const notYet = answer.kind === 'planned' ? answer.notYet : null;
      return {
        ...base,
        outcome: answer.kind,
        sentence: notYet ?? sentence,
        sentences: [...sentences],
        plan: planJson(plan),
        generation: answer.kind === 'committed' ? answer.generation : null,
        changeId: answer.kind === 'committed' ? answer.changeId : null,
        recorded: answer.kind === 'committed' ? answer.isRecorded : null,
        trouble,
      };
    }
  }
}
