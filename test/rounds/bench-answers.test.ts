/** Answers → instants, samples → cells, cells → what people read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benchTable, notesText, sampleText, settingsText } from '../../scripts/bench/bench-text.ts';
import type { Facts } from '../../scripts/bench/contender.ts';
import { cellsOf, hasMoved, resolutionOf } from '../../scripts/bench/report.ts';
import { groupsOf, type Sample } from '../../scripts/bench/run-bench.ts';
import {
  type Answer,
  instantsOf,
  isQuiet,
  longestPauseMs,
  QUIET_ANSWERS,
} from '../../scripts/bench/trace.ts';

const EVERY_MS = 20;

/** `p` names the primary only, `s` something else, `b` both; one answer every 20 ms from 0 on. */
const answers = (text: string): readonly Answer[] =>
  [...text].map((letter, index) => ({
    at: index * EVERY_MS,
    names: letter !== 's',
    namesOnly: letter === 'p',
  }));

describe('instants', () => {
  it('names the last answer with the address as gone, if enough answers without it follow', () => {
    const seen = answers(`${'p'.repeat(10)}ppsp${'s'.repeat(QUIET_ANSWERS)}`);

    const { gone } = instantsOf(seen, 0, null);

    expect(gone).toEqual({ at: 13 * EVERY_MS, bracketMs: EVERY_MS });
  });

  it('finds nothing gone while one answer too few follows', () => {
    const seen = answers(`${'p'.repeat(10)}${'s'.repeat(QUIET_ANSWERS - 1)}`);

    expect(instantsOf(seen, 0, null)).toEqual({ gone: null, back: null, full: null });
  });

  it('moves gone to a later answer that still names it before the healing', () => {
    const seen = answers(`pp${'s'.repeat(50)}p${'s'.repeat(50)}pp`);

    expect(instantsOf(seen, 0, 100 * EVERY_MS).gone?.at).toBe(52 * EVERY_MS);
  });

  it('finds the first answer with it again, and the first after which nothing else is answered', () => {
    const away = `p${'s'.repeat(50)}`;
    const seen = answers(`${away}ssspssbsp${'p'.repeat(QUIET_ANSWERS)}`);

    const { back, full } = instantsOf(seen, 0, away.length * EVERY_MS);

    expect(back).toEqual({ at: (away.length + 3) * EVERY_MS, bracketMs: EVERY_MS });
    expect(full).toEqual({ at: (away.length + 8) * EVERY_MS, bracketMs: EVERY_MS });
  });

  it('calls the first answer full where it comes back at once', () => {
    const away = `p${'s'.repeat(50)}`;
    const seen = answers(`${away}${'p'.repeat(QUIET_ANSWERS)}`);

    const { back, full } = instantsOf(seen, 0, away.length * EVERY_MS);

    expect(back).toEqual({ at: away.length * EVERY_MS, bracketMs: EVERY_MS });
    expect(full?.at).toBe(back?.at);
  });

  it('leaves back and full open while only others, or both, are answered', () => {
    const away = `p${'s'.repeat(50)}`;
    const healedAt = away.length * EVERY_MS;

    expect(instantsOf(answers(`${away}${'s'.repeat(99)}`), 0, healedAt).back).toBeNull();
    expect(instantsOf(answers(`${away}${'b'.repeat(99)}`), 0, healedAt).full).toBeNull();
  });

  it('shows a pause of the poller as a wide bracket', () => {
    const [first, ...rest] = answers(`p${'s'.repeat(QUIET_ANSWERS)}`);
    const late = rest.map((answer) => ({ ...answer, at: answer.at + 300 }));

    expect(instantsOf([first as Answer, ...late], 0, null).gone).toEqual({
      at: 0,
      bracketMs: 300 + EVERY_MS,
    });
  });

  it('measures the longest pause between two times only', () => {
    const seen = [0, 20, 400, 420, 2_000].map((at) => ({ at, names: true, namesOnly: true }));

    expect(longestPauseMs(seen, 0, 1_000)).toBe(380);
    expect(longestPauseMs(seen, 400, 1_000)).toBe(20);
    expect(longestPauseMs(seen, 2_000, 3_000)).toBe(0);
  });

  it('property: finds again the change that was planted', () => {
    const noise = fc.array(fc.constantFrom('p', 's'), { maxLength: 30 });
    const calm = fc.integer({ min: QUIET_ANSWERS, max: 80 });
    fc.assert(
      fc.property(noise, calm, noise, calm, (leaving, away, returning, settled) => {
        const before = `${leaving.join('')}p`;
        const gap = 's'.repeat(away);
        const after = `p${returning.join('')}s`;
        const seen = answers(`${before}${gap}${after}${'p'.repeat(settled)}`);
        const healedAt = (before.length + away) * EVERY_MS;

        const { gone, back, full } = instantsOf(seen, 0, healedAt);

        expect(gone?.at).toBe((before.length - 1) * EVERY_MS);
        expect(back?.at).toBe(healedAt);
        expect(full?.at).toBe(healedAt + after.length * EVERY_MS);
      }),
    );
  });

  it('is quiet after enough answers over enough time, not after either alone', () => {
    const isAway = ({ names }: Answer): boolean => !names;
    const dense = answers(`p${'s'.repeat(60)}`).map((one) => ({ ...one, at: one.at / 10 }));
    const sparse = answers(`p${'s'.repeat(10)}`).map((one) => ({ ...one, at: one.at * 100 }));

    expect(isQuiet(answers(`p${'s'.repeat(60)}`), isAway)).toBe(true);
    expect(isQuiet(answers(`p${'s'.repeat(60)}p`), isAway)).toBe(false);
    expect(isQuiet(dense, isAway)).toBe(false);
    expect(isQuiet(sparse, isAway)).toBe(false);
    expect(isQuiet([], isAway)).toBe(false);
  });
});

describe('groups', () => {
  it('share out the runs of each kind, no run twice and none left out', () => {
    const groups = groupsOf({ runs: 5, groups: 2, seed: 3 });

    expect(groups.map(({ fault, number }) => `${number} ${fault}`)).toEqual([
      '0 kill',
      '1 kill',
      '2 hang',
      '3 hang',
    ]);
    expect(groups.map(({ phases }) => phases.map(({ run }) => run))).toEqual([
      [1, 3, 5],
      [2, 4],
      [1, 3, 5],
      [2, 4],
    ]);
  });

  it('are no more than there are runs', () => {
    expect(groupsOf({ runs: 1, groups: 4, seed: 3 })).toHaveLength(2);
  });
});

const FACTS: Facts = {
  everyMs: 5_000,
  timeoutMs: 2_000,
  fall: 2,
  rise: 2,
  vantages: 5,
  quorum: 3,
  restsMs: [0],
  roundMs: 2_000,
  replicationLagMs: 200,
  pollMs: 100,
  insyncDelayMs: 1_000,
  schedulePeriodMs: 5_000,
  holdDownMs: 22_000,
  ramp: [50, 100],
  rampStepMs: 3_000,
};

const sample = (run: number, goneMs: number | null): Sample => ({
  contender: 'quorate',
  fault: 'kill',
  run,
  subject: `s${run}`,
  phase: 0.25,
  faultAt: 1_000_000,
  healedAt: goneMs === null ? null : 1_000_000 + goneMs + 1_000,
  goneMs,
  backMs: goneMs === null ? null : 28_000,
  fullMs: goneMs === null ? null : 37_000,
  bracketsMs: {
    gone: goneMs === null ? null : 15,
    back: goneMs === null ? null : 17,
    full: goneMs === null ? null : 31,
  },
  pauseMs: 40,
});

describe('the report', () => {
  const facts = new Map([['quorate', new Map([['kill' as const, FACTS]])]]);

  it('puts medians and maxima beside theory, as ratios', () => {
    const [gone] = cellsOf([sample(1, 8_710), sample(2, 9_300)], facts);

    expect(gone?.theory).toEqual({ minMs: 8_000, meanMs: 8_710, worstMs: 9_300 });
    expect(gone?.measured?.medianMs).toBe(9_005);
    expect(gone?.ratios).toEqual({ median: 1.03, max: 1 });
    expect(gone?.missing).toBe(0);
  });

  it('counts what never moved apart, and keeps it out of the times', () => {
    const stuck = sample(2, null);

    const [gone] = cellsOf([sample(1, 9_000), stuck], facts);

    expect(gone?.measured?.n).toBe(1);
    expect(gone?.missing).toBe(1);
    expect(hasMoved(stuck)).toBe(false);
    expect(hasMoved(sample(1, 9_000))).toBe(true);
  });

  it('has no ratio where nothing was measured', () => {
    const [gone] = cellsOf([sample(1, null)], facts);

    expect(gone).toMatchObject({ measured: null, ratios: null, bracket: null, missing: 1 });
  });

  it('states the resolution by the widest of all brackets', () => {
    expect(resolutionOf([sample(1, 9_000)])).toMatchObject({ n: 3, medianMs: 17, maxMs: 31 });
    expect(resolutionOf([sample(1, null)])).toBeNull();
  });

  it('prints settings, times, theory and ratios, with columns in line', () => {
    const cells = cellsOf([sample(1, 8_710), sample(2, 9_300), sample(3, null)], facts);
    const lines = benchTable(cells).split('\n');

    expect(settingsText('quorate', FACTS)).toBe(
      'quorate: every 5 s · fall 2 · rise 2 · timeout 2 s · quorum 3 of 5 · round 2 s · replication 0.2 s · poll 0.1 s · INSYNC 1 s · schedule 5 s · hold-down 22 s · ramp 50 %, 100 % each 3 s',
    );
    expect(lines[2]).toMatch(
      /^killed +fault → last answer with it +2 +8.7 s +9.0 s +9.3 s +9.3 s +8.0 s +8.7 s +9.3 s +1.03 +1.00 {2}1 never$/,
    );
    const widths = lines.map((line) => line.replace(/ {2}1 never$/, '').length);
    expect(new Set(widths.slice(1)).size).toBe(1);
    expect(lines).toHaveLength(5);
  });

  it('says of each sample what it saw, and of a stuck one that it never moved', () => {
    expect(sampleText(sample(3, 8_710), 20)).toBe(
      'quorate killed   3 of 20  phase 0.25  gone 8.7 s  back 28.0 s  full 37.0 s',
    );
    expect(sampleText(sample(3, null), 20)).toContain('gone never  back never  full never');
  });

  it('warns of a machine that stood still for so long that vantages abstain', () => {
    const calm = sample(1, 9_000);
    const text = notesText([calm, { ...calm, pauseMs: 251 }, { ...calm, pauseMs: 900 }], 42);

    expect(text).toContain('BUSY MACHINE: in 2 of 3 samples');
    expect(text).toContain('(900 ms at worst)');
  });

  it('says how exactly the times are known, and how to repeat them', () => {
    const text = notesText([sample(1, 9_000)], 42);

    expect(text).toContain('17 ms apart (median; 31 ms p90, 31 ms at most)');
    expect(text).toContain('--seed 42');
    expect(text).not.toContain('BUSY');
    expect(notesText([sample(1, null)], 42)).toContain('No answer changed.');
  });
});
