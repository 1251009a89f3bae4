import { describe, expect, it } from 'vitest';
import {
  openScreen,
  render,
  type ScreenFacts,
  shortName,
} from '../../scripts/local/terminal-view.ts';
import type { WorldState } from '../../scripts/local/world-state.ts';

const AT = Date.UTC(2026, 10, 23, 12, 0, 30);
const FACTS: ScreenFacts = {
  url: 'http://127.0.0.1:8787',
  dns: { host: '127.0.0.1', port: 15353 },
  speed: 1,
};
const PLAIN = { columns: 110, rows: 40, colour: false };

const STATE: WorldState = {
  now: AT,
  ready: true,
  deployment: 'quorate-demo',
  vantages: [
    { vantage: 'eu-west-1', state: 'reporting', reportAgeMs: 2100 },
    { vantage: 'us-east-1', state: 'silent', reportAgeMs: null },
    { vantage: 'ap-southeast-1', state: 'isolated', reportAgeMs: 4000 },
  ],
  services: [
    {
      service: 'app',
      names: ['app.example.test'],
      mode: 'enforce',
      automation: 'on',
      generation: 12,
      pace: 'every 5 s, fall 2, rise 2, quorum 2 of 3',
      endpoints: [
        {
          endpoint: 'eu-west-1',
          region: 'eu-west-1',
          address: '127.0.1.11',
          votes: { 'eu-west-1': 'up', 'us-east-1': 'silent', 'ap-southeast-1': 'up' },
          verdict: 'up',
          degraded: false,
          weight: { configured: 100, wanted: 100, served: 100 },
          why: 'healthy: not shown while nothing is wrong',
        },
        {
          endpoint: 'us-east-1',
          region: 'us-east-1',
          address: '127.0.1.12',
          votes: { 'eu-west-1': 'down', 'us-east-1': 'none', 'ap-southeast-1': 'down' },
          verdict: 'down',
          degraded: false,
          weight: { configured: 100, wanted: 0, served: 100 },
          why: 'down: eu-west-1 and ap-southeast-1 fail (timeout) since 12:00:20Z, quorum is 2 of 3',
        },
      ],
      decision: { at: AT, region: 'eu-west-1', sentences: [] },
      dnsAnswers: [
        { answer: '127.0.1.11', count: 30 },
        { answer: '127.0.1.12', count: 10 },
      ],
    },
  ],
  faults: [{ id: 'f1', kind: 'endpoint-hung', service: 'app', endpoint: 'us-east-1' }],
  orders: [],
  news: [
    { at: AT - 1000, service: null, sentence: 'fault f1 added' },
    { at: AT, service: 'app', sentence: 'generation 12 committed by eu-west-1' },
  ],
  inbox: [],
  notes: ['mode observe: db (decides and records, never changes a weight)'],
};

describe('the live screen', () => {
  it('shows votes, health, weights, sentences, and how to look and break', async () => {
    const frame = render(STATE, FACTS, PLAIN);

    await expect(frame).toMatchFileSnapshot('../golden/terminal-view.txt');
  });

  it('says the same without colour as with it', () => {
    const coloured = render(STATE, FACTS, { ...PLAIN, colour: true });

    expect(coloured).not.toBe(render(STATE, FACTS, PLAIN));
    expect(withoutColour(coloured)).toBe(render(STATE, FACTS, PLAIN));
  });

  it.each([
    [20, 5],
    [60, 15],
    [200, 60],
  ])('fits a terminal of %i columns and %i rows', (columns, rows) => {
    const lines = withoutColour(render(STATE, FACTS, { columns, rows, colour: true })).split('\n');

    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
  });

  it('shows dashes for what is not known yet', () => {
    const [service] = STATE.services;
    const [endpoint] = service!.endpoints;
    const unknown = {
      ...endpoint!,
      verdict: 'unknown' as const,
      degraded: null,
      weight: { configured: 100, wanted: null, served: null },
      why: null,
    };

    const frame = render(
      {
        ...STATE,
        ready: false,
        faults: [],
        services: [
          {
            ...service!,
            automation: null,
            generation: null,
            endpoints: [unknown],
            decision: null,
            dnsAnswers: [],
          },
        ],
      },
      { ...FACTS, speed: 10 },
      PLAIN,
    );

    expect(frame).toContain('starting: waiting for every endpoint');
    expect(frame).toContain('speed ×10');
    expect(frame).toMatch(/unknown\s+-\s+-\s+100\s+127\.0\.1\.11\s+-/);
    expect(frame).not.toContain('faults  ');
  });

  it('gives the terminal back as it was', () => {
    const written: string[] = [];
    const terminal = { write: (text: string) => written.push(text), columns: 80, rows: 24 };

    {
      using screen = openScreen(terminal, false);
      screen.show((size) => render(STATE, FACTS, size));
      screen.show((size) => render(STATE, FACTS, size));
    }

    expect(written).toHaveLength(3);
    expect(written[0]).toBe('\u001b[?1049h\u001b[?25l');
    expect(written[1]?.startsWith('\u001b[H')).toBe(true);
    expect(written[1]?.split('\r\n').length).toBeLessThanOrEqual(24);
    expect(written.at(-1)).toBe('\u001b[?25h\u001b[?1049l');
  });

  it.each([
    ['eu-west-1', 'euw1'],
    ['ap-southeast-2', 'apse2'],
    ['us-gov-west-1', 'usgovw1'],
    ['datacentre', 'datacent'],
  ])('shortens %s to %s', (vantage, short) => {
    expect(shortName(vantage)).toBe(short);
  });
});

const withoutColour = (text: string): string => text.split(/\u001b\[\d+m/).join('');
