/**
 * The table of questions and the Promela files agree, without Spin: what is asked is there, and what is there is
 * asked. Whether the answers are right is for `npm run model` to find out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODELS, QUESTIONS } from '../model/variants.ts';

const FOLDER = resolve(import.meta.dirname, '../model');

describe('the Promela models', () => {
  it('each file is asked about, and each model asked about has a file', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.pml'));

    expect(files.map((name) => name.replace('.pml', '')).sort()).toEqual([...MODELS].sort());
  });

  it.each(MODELS)(
    '%s opens with what it models, what it leaves out, its section and its variants',
    (model) => {
      const opening = textOf(model).split('*/')[0] ?? '';

      expect(opening).toMatch(/^\/\*/);
      for (const word of ['Modelled:', 'Abstracted away:', 'Design ', 'invariants ', 'Variants:']) {
        expect(opening).toContain(word);
      }
    },
  );

  it.each(MODELS)('%s: every variant is named at the top and makes a difference below', (model) => {
    const [opening = '', ...rest] = textOf(model).split('*/');

    for (const name of definesOf(model)) {
      expect(opening, `${name} is not explained`).toContain(name);
      expect(rest.join('*/'), `${name} is not used`).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  it.each(MODELS)('%s: every property is asked for, and every one asked for is there', (model) => {
    const written = [...textOf(model).matchAll(/^ltl (\w+)/gm)].map(([, name]) => name);
    const asked = new Set(
      QUESTIONS.filter((question) => question.model === model).map(({ property }) => property),
    );

    expect(written.sort()).toEqual([...asked].sort());
  });

  it('no property is only known to hold: each model also fails somewhere, for a reason', () => {
    for (const model of MODELS) {
      const expected = QUESTIONS.filter((question) => question.model === model).map(
        (q) => q.expected,
      );

      expect(expected, model).toContain('fails');
    }
  });

  it('each model that holds also reaches a state in which something happened', () => {
    for (const model of MODELS) {
      const questions = QUESTIONS.filter((question) => question.model === model);

      expect(
        questions.some((q) => q.expected === 'reached' || q.endless === true),
        model,
      ).toBe(true);
    }
  });

  it('at least six models hold and at least twelve variants must fail', () => {
    const holding = new Set(QUESTIONS.filter((q) => q.expected === 'holds').map((q) => q.model));
    const failing = QUESTIONS.filter((q) => q.expected === 'fails');

    expect(holding.size).toBeGreaterThanOrEqual(6);
    expect(failing.length).toBeGreaterThanOrEqual(12);
  });

  it('no question is asked twice', () => {
    const keys = QUESTIONS.map((q) => [q.model, q.property, ...q.defines].join(' '));

    expect(new Set(keys).size).toBe(keys.length);
  });
});

function textOf(model: string): string {
  return readFileSync(resolve(FOLDER, `${model}.pml`), 'utf8');
}

function definesOf(model: string): readonly string[] {
  const all = QUESTIONS.filter((question) => question.model === model).flatMap(
    ({ defines }) => defines,
  );
  return [...new Set(all.map((name) => name.replace(/=.*/, '')))];
}
