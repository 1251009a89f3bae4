/** The last answers to one question, counted: a moving picture of the shares that DNS really gives. */
import { byText } from '../../shared/core/model.ts';
import type { AnswerShare } from './world-state.ts';

export type AnswerWindow = {
  readonly add: (answer: string) => void;
  /** Most frequent first, then A-Z. */
  readonly shares: () => readonly AnswerShare[];
};

export function answerWindow(size: number): AnswerWindow {
  const answers: string[] = [];
  return {
    add(answer) {
      answers.push(answer);
      if (answers.length > size) answers.shift();
    },
    shares() {
      const counts = new Map<string, number>();
      for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
      return [...counts]
        .map(([answer, count]) => ({ answer, count }))
        .sort((a, b) => b.count - a.count || byText(a.answer, b.answer));
    },
  };
}
