/**
 * What Prometheus itself says of our metrics and rules: promtool lints an exposition and runs the rules' own cases.
 * It comes with Debian's prometheus; absent it is announced here, and a failure where CI is set.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openMetricsText } from '../../scripts/exporter/open-metrics-text.ts';
import { sampleDocuments } from '../fakes/metric-documents.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const promtool = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

const isThere = spawnSync('promtool', ['--version']).status === 0;
if (!isThere)
  process.stderr.write('promtool is not installed (apt: prometheus): metrics are not linted\n');

describe('promtool', () => {
  it('is installed where CI is set', () => {
    expect(isThere || !process.env.CI).toBe(true);
  });

  describe.skipIf(!isThere)('on what is exported', () => {
    it('finds no fault with names, types and helps', () => {
      const text = openMetricsText(sampleDocuments(), 'text');

      expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
    });

    it('would find one', () => {
      expect(promtool(['check', 'metrics'], 'quorate_wait_milliseconds 1\n').status).not.toBe(0);
    });

    it('reads the alert rules', () => {
      const { status, said } = promtool([
        'check',
        'rules',
        path('docs/prometheus/quorate.rules.yml'),
      ]);

      expect(status, said).toBe(0);
    });

    it('sees each alert fire when it should, and not a moment before', () => {
      const { status, said } = promtool(['test', 'rules', path('test/fixtures/alert-cases.yml')]);

      expect(status, said).toBe(0);
    });
  });
});
