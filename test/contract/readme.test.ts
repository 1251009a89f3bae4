/** What the README shows is run here: its configuration, its commands and its sentences. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../scripts/config-file.ts';
import { FAULT_KINDS } from '../../scripts/local/faults.ts';
import { parseConfig } from '../../shared/core/config.ts';
import { AUTOMATION_STATES } from '../../shared/core/decision.ts';
import { endpointId, epochMs } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { AIDS } from '../../shared/wire.ts';
import { typed } from '../fakes/typed-command.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text]) => text ?? '',
  );

describe('README', () => {
  it('shows a configuration that is valid as it stands', () => {
    const [yaml] = blocks('yaml');

    const parsed = parseConfig(parse(yaml ?? '', { merge: true }), () => undefined, AIDS, {
      allowLoopback: false,
      packagedAt: epochMs(0),
    });

    expect('problems' in parsed ? parsed.problems : []).toEqual([]);
    expect('config' in parsed && parsed.config.services.map(({ id }) => id)).toEqual(['app']);
  });

  it('names only npm scripts that exist', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);

    const named = [...readme.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(
      ([, name]) => name,
    );

    expect(named.length).toBeGreaterThan(4);
    for (const name of named) expect(scripts).toContain(name);
  });

  const commands = [
    ...readme.matchAll(/npm run (?:--silent )?quorate -- ([^`\n#>]*[^`\n#> ])/g),
  ].map(([, words = '']) => words.replaceAll('<id>', 'a1b2c3d4'));

  it.each([...new Set(commands)])(
    'names `quorate %s`, which exists with its options',
    async (words) => {
      await expect(typed(`quorate ${words}`)).resolves.toBeUndefined();
    },
  );

  it('names many', () => {
    expect(new Set(commands).size).toBeGreaterThan(30);
  });

  it('shows pictures and pages that are there', () => {
    const links = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, path = '']) => path);

    expect(links.length).toBeGreaterThan(5);
    for (const path of links)
      expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
  });

  it('breaks things of the demo by a fault kind and names that exist', async () => {
    const [, body] = /world\/faults -d '(\{.*?\})'/.exec(readme) ?? [];
    const fault = JSON.parse(body ?? '{}');
    const { config } = await loadConfig({
      path: 'scripts/local/demo.yml',
      env: {},
      packagedAt: epochMs(0),
    });

    const service = config.services.find(({ id }) => id === fault.service);

    expect(FAULT_KINDS).toContain(fault.kind);
    expect(service?.endpoints.map(({ id }) => String(id))).toContain(fault.endpoint);
    expect(readme).toContain(`dig @127.0.0.1 -p 15353 ${service?.names[0]}`);
  });

  it('quotes sentences as the code says them', () => {
    const endpoint = endpointId('us-east-1');
    const floor = { endpoint, code: 'floor', leavesPercent: 40, floorPercent: 50 } as const;

    expect(readme).toContain(sentence(floor));
  });

  it('explains every automation state', () => {
    for (const state of AUTOMATION_STATES) expect(readme).toContain(`| \`${state}\` |`);
  });
});
