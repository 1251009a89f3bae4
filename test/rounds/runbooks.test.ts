/** The runbooks: everything that can call for a person has a section, and every command in them exists. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandsIn, readRunbooks } from '../../scripts/cli/runbook.ts';
import { functionName, tableName } from '../../scripts/names.ts';
import { alarmsOf } from '../../scripts/package/alarms.ts';
import { AUTOMATION_SHOWN } from '../../shared/api/parts.ts';
import { SKIP_CODES } from '../../shared/core/reason-code.ts';
import { HELD_CODES, runbookAnchor, runbookLink } from '../../shared/core/runbook.ts';
import { sampleConfig } from '../fakes/sample-service.ts';
import { typed } from '../fakes/typed-command.ts';
import { shell } from './cli/shell.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const markdown = read('docs/runbooks.md');
const sections = readRunbooks(markdown);
const anchors = sections.map(({ code }) => code);
type Rules = {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
};
const alerts = (parse(read('docs/prometheus/quorate.rules.yml')) as Rules).groups
  .flatMap(({ rules }) => rules)
  .filter(({ alert }) => alert !== undefined);

describe('the runbooks', () => {
  it('have one section per name, each with what it is, what to look at, do and not do', () => {
    expect(new Set(anchors).size).toBe(anchors.length);
    for (const { code, kinds, body } of sections) {
      expect(kinds, code).not.toBe('');
      expect(body, code).toMatch(/^Look:$/m);
      expect(commandsIn({ body }).length, code).toBeGreaterThan(1);
      expect(body, code).toMatch(/^Don’t [^\n]+\.$|^Don’t [^\n]+: [^\n]+$/m);
    }
  });

  it.each(alarmsOf(sampleConfig()).map(({ id }) => [id]))('explain the alarm %s', (id) => {
    expect(sections.find(({ code }) => code === runbookAnchor(id))?.kinds).toMatch(/\balarm\b/);
  });

  it.each([...AUTOMATION_SHOWN])('explain the state of automation %s', (state) => {
    expect(sections.find(({ code }) => code === state)?.kinds).toContain('automation state');
  });

  it.each([...HELD_CODES])('explain the reason %s', (code) => {
    expect(sections.find((one) => one.code === code)?.kinds).toMatch(/reason|withheld/);
  });

  it.each(Object.keys(SKIP_CODES))('explain the skip code %s', (code) => {
    expect(sections.find((one) => one.code === code)?.kinds).toBe('skip code');
  });

  it.each(alerts.map(({ alert, annotations }) => [alert ?? '', annotations?.runbook_url ?? '']))(
    'explain the alert %s, where it says so',
    (alert, url) => {
      const [file, anchor = ''] = url.split('#');

      expect(file).toBe('docs/runbooks.md');
      expect(sections.find(({ code }) => code === anchor)?.kinds).toContain(`alert ${alert}`);
    },
  );

  it('explain nothing that does not exist', () => {
    const known = alerts.map(({ alert }) => `alert ${alert}`);
    for (const { code, kinds } of sections) {
      for (const kind of kinds.split(', ').filter((one) => one.startsWith('alert '))) {
        expect(known, code).toContain(kind);
      }
    }
  });

  it('link to sections and files that are there', () => {
    const links = [...markdown.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);

    expect(links.length).toBeGreaterThan(20);
    for (const link of links) {
      const [file = '', anchor] = link.split('#');
      if (file !== '')
        expect(existsSync(new URL(`../../docs/${file}`, import.meta.url))).toBe(true);
      if (anchor !== undefined && file === '') expect(anchors, link).toContain(anchor);
    }
  });

  const commands = sections.flatMap((one) =>
    commandsIn(one).map((line) => [one.code, line] as const),
  );

  it.each(commands.filter(([, line]) => line.startsWith('quorate ')))(
    '%s: `%s` is a command with its options',
    async (_, line) => {
      await expect(typed(line)).resolves.toBeUndefined();
    },
  );

  it('name npm scripts, functions and tables as they are called', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const others = commands.map(([, line]) => line).filter((line) => !line.startsWith('quorate '));

    for (const line of others) {
      const [, script] = /^npm run ([\w:-]+)$/.exec(line) ?? [];
      const [, group] =
        /^aws logs tail \/aws\/lambda\/(\S+) --region [\w-]+ --since 15m$/.exec(line) ?? [];
      const [, table] =
        /^aws dynamodb describe-table --table-name (\S+) --region [\w-]+$/.exec(line) ?? [];
      if (script !== undefined) expect(scripts).toContain(script);
      else if (group !== undefined) {
        expect(
          ['probe', 'quorum', 'notify', 'api'].map((id) =>
            functionName('quorate-prod', id as never),
          ),
        ).toContain(group);
      } else if (table !== undefined) expect(table).toBe(tableName('quorate-prod'));
      else expect(line).toMatch(/^aws (cloudtrail lookup-events|ssm get-parameter) --/);
    }
    expect(others.length).toBeGreaterThan(10);
  });

  it('refuse a command that does not exist: this test can fail', async () => {
    await expect(typed('quorate drain app --nonsense')).rejects.toThrow('--nonsense');
    await expect(typed('quorate dance app')).rejects.toThrow('dance');
    await expect(typed('quorate approve app')).rejects.toThrow('endpoint');
  });
});

describe('quorate runbook', () => {
  it('prints a section by code, alarm, alert or link', async () => {
    const { code, out } = await shell(['runbook', 'floor']);

    expect(code).toBe(0);
    expect(out).toMatch(/^floor\nwithheld\n/);
    expect(out).toContain('\n  quorate why app us-east-1\n');
    expect(out).not.toMatch(/```|\]\(/);
    expect((await shell(['runbook', 'QuorateDrift'])).out).toMatch(/^drift\n/);
    expect((await shell(['runbook', runbookLink('all-down')])).out).toMatch(/^all-down\n/);
  });

  it('suggests the nearest one', async () => {
    const { code, err } = await shell(['runbook', 'al-down']);

    expect(code).toBe(2);
    expect(err).toContain('there is no runbook al-down; did you mean all-down?');
  });

  it('lists them by group', async () => {
    const { out } = await shell(['runbook']);

    expect(out).toMatch(/^Alarms and alerts\n/);
    for (const anchor of anchors) expect(out).toContain(`  ${anchor} `);
  });

  it('with --json has the commands apart', async () => {
    const { out } = await shell(['runbook', 'velocity', '--json']);

    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      sections: [
        {
          code: 'velocity',
          group: 'Reasons that hold something back',
          kinds: 'withheld',
          commands: expect.arrayContaining(['quorate why app']),
        },
      ],
    });
  });
});

/** As the command line would take it; nothing runs. */
