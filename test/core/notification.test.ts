/** Messages: the same sentences as everywhere, inert in whatever format a channel has. */
import { createRequire } from 'node:module';
import { toJsonSchema } from '@valibot/to-json-schema';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { fenceValue } from '../../shared/core/fence.ts';
import { isServed } from '../../shared/core/fence-served.ts';
import { epochMs, nonce } from '../../shared/core/model.ts';
import {
  detailTypeOf,
  EVENT_KINDS,
  failingNotification,
  lasting,
  linesOf,
  notificationOf,
  notificationSchema,
  testNotification,
  textOf,
} from '../../shared/core/notification.ts';
import { escapeSlack, slackMessage } from '../../shared/core/slack-message.ts';
import { initialFence } from '../fakes/quorum-world.ts';
import {
  aNotification,
  anIncident,
  aTale,
  secondsOn,
  T0,
  TOLD_BY,
} from '../fakes/sample-incident.ts';
import { sampleConfig, sampleService } from '../fakes/sample-service.ts';

const NAUGHTY: readonly string[] = createRequire(import.meta.url)('big-list-of-naughty-strings');

describe('a notification', () => {
  it('names service, place, what is served now and what to do', () => {
    const notification = aNotification();

    expect(notification.subject).toBe('opened: app: us-east-1 is down');
    expect(textOf(notification).split('\n')).toEqual([
      'down: three vantages see us-east-1 fail',
      'in DNS now: eu-west-1 100',
      'open since 2026-07-01 03:12:00Z; detected in 30 s',
      '',
      '  quorate why app us-east-1',
      'incident incident0001 (quorate incidents app), quorate-test, told by eu-west-1',
    ]);
    expect(detailTypeOf(notification)).toBe('Quorate incident opened');
  });

  it('of an end says how long each part took, and by what that was measured', () => {
    const times = { state: 'resolved' as const, resolvedAt: secondsOn(725), recoverMs: 80_000 };
    const line = (recoverBasis: 'seen' | 'insync') =>
      linesOf(
        aNotification({ kind: 'resolved', incident: anIncident({ ...times, recoverBasis }) }),
      ).at(-1);

    expect(line('seen')).toBe(
      'lasted 12 min 5 s, from 2026-07-01 03:12:00Z to 2026-07-01 03:24:05Z; detected in 30 s; traffic away after 1 min 20 s (seen at every name server)',
    );
    expect(line('insync')).toMatch(/\(by INSYNC\)$/);
    const unmeasured = anIncident({ detectMs: null, steps: [] });
    expect(linesOf(aNotification({ incident: unmeasured }))).toEqual([
      'in DNS now: eu-west-1 100',
      'open since 2026-07-01 03:12:00Z',
    ]);
  });

  it('of an order says who gave it, and why', () => {
    const order = { actor: 'arn:aws:iam::1:user/alice', reason: 'bad deploy 4711' };

    expect(linesOf(aNotification({ order }))).toContain(
      'by arn:aws:iam::1:user/alice: bad deploy 4711',
    );
  });

  it('of one trouble that befell many services names ten of them and the number of the rest', () => {
    const tales = Array.from({ length: 13 }, (_, n) =>
      aTale({ incident: anIncident({ service: `s${n}`, title: `s${n}: us-east-1 is down` }) }),
    );

    const many = notificationOf([tales[0]!, ...tales.slice(1)], TOLD_BY);
    const few = notificationOf([tales[0]!, tales[1]!], TOLD_BY);

    expect(many.subject).toBe('opened: s0: us-east-1 is down, and 12 more services');
    expect(linesOf(many)).toContain('services: s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 3 more');
    expect(many.commands).toEqual(['quorate status', 'quorate why app us-east-1']);
    expect(linesOf(few)).toContain('services: s0 and s1');
  });

  it('that a channel fails goes to the others, and a test says that it is one', () => {
    const failing = failingNotification(
      { channel: 'webhook', region: VANTAGE, sinceAt: T0, why: 'it answered 500' },
      { ...TOLD_BY, notes: ['a note'] },
    );
    const test = testNotification(TOLD_BY);

    expect([failing, test].map(detailTypeOf)).toEqual(['Quorate channel failing', 'Quorate test']);
    expect(textOf(failing)).toBe(
      [
        'the channel webhook takes nothing from eu-west-1 since 2026-07-01 03:12:00Z: it answered 500',
        'note: a note',
        '',
        '  quorate notify test',
        'quorate-test, told by eu-west-1',
      ].join('\n'),
    );
    expect(test.subject).toBe('test: quorate-test reaches this channel from eu-west-1');
  });

  it('has a subject that SNS takes, whatever it is about', () => {
    for (const title of [...NAUGHTY, 'x'.repeat(300), 'Ω'.repeat(300)]) {
      const { subject } = aNotification({ incident: anIncident({ title }) });

      expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
    }
  });

  it('says spans in whole units', () => {
    expect([0, 400, 34_000, 60_000, 80_000, 3_600_000, 18_180_000, -5].map(lasting)).toEqual([
      '0 s',
      '0 s',
      '34 s',
      '1 min',
      '1 min 20 s',
      '1 h',
      '5 h 3 min',
      '0 s',
    ]);
  });

  it('is an event of the documented schema, and the document is current', async () => {
    const kinds = EVENT_KINDS.map((event) => ({ ...aNotification(), event }));
    for (const one of [...kinds, testNotification(TOLD_BY)]) {
      expect(v.parse(notificationSchema, one)).toEqual(one);
    }
    const schema = {
      title: 'The detail of an event that Quorate puts on the bus (source: quorate)',
      ...toJsonSchema(notificationSchema, { ignoreActions: ['readonly'] }),
    };

    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      '../../docs/events.schema.json',
    );
  });
});

describe('Slack’s format', () => {
  it('has a header, the sentences, the commands and the thread', () => {
    const { text, blocks } = slackMessage(aNotification());

    expect(text.split('\n')[0]).toBe('opened: app: us-east-1 is down');
    expect(blocks).toEqual([
      { type: 'header', text: { type: 'plain_text', text: 'opened: app: us-east-1 is down' } },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: 'down: three vantages see us-east-1 fail\nin DNS now: eu-west-1 100\nopen since 2026-07-01 03:12:00Z; detected in 30 s',
        },
      },
      { type: 'section', text: { type: 'mrkdwn', text: '`quorate why app us-east-1`' } },
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: 'incident incident0001 (quorate incidents app), quorate-test, told by eu-west-1',
          },
        ],
      },
    ]);
  });

  it('keeps every text inert: no mention, no link, no markup of its own', () => {
    for (const hostile of [
      ...NAUGHTY,
      '<!channel>',
      '<https://evil.example|click>',
      '&lt;!here>',
    ]) {
      const order = { actor: hostile, reason: hostile };
      const steps = [{ step: 'verdict' as const, at: T0, sentence: hostile }];
      const message = slackMessage(
        aNotification({ order, serves: hostile, incident: anIncident({ title: hostile, steps }) }),
      );

      const all = JSON.stringify(message);
      expect(all).not.toMatch(/[<>]/);
      expect(all).not.toMatch(/&(?!amp;|lt;|gt;)/);
      expect(all).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/);
    }
  });

  it('stays within its limits, and never cuts an escape in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '&', 'x'), maxLength: 900 }), (text) => {
        const steps = [{ step: 'verdict' as const, at: T0, sentence: text }];
        const { blocks } = slackMessage(
          aNotification({ serves: text.repeat(5), incident: anIncident({ steps, title: text }) }),
        );
        for (const block of blocks) {
          const body = 'text' in block ? block.text.text : '';
          expect(body.length).toBeLessThanOrEqual(3_000);
          expect(body).not.toMatch(/&(?!amp;|lt;|gt;)/);
        }
      }),
    );
    expect(escapeSlack('<a> & b')).toBe('&lt;a&gt; &amp; b');
  });
});

describe('a change is seen', () => {
  const config = sampleConfig();
  const fence = { ...initialFence(sampleService(), config), nonce: nonce('abcdefgh') };
  const text = fenceValue(fence).replaceAll(/" "|^"|"$/g, '');
  const now = epochMs(fence.asofAt + 1_000);
  const seen = (values: readonly string[] | null, commit: Partial<{ generation: number }> = {}) =>
    isServed(
      values,
      { generation: 41, nonce: nonce('abcdefgh'), ...commit },
      config.deployment,
      now,
    );

  it('where its own nonce is answered, or a later generation', () => {
    expect(seen([text])).toBe(true);
    expect(seen([text.replace('n=abcdefgh', 'n=another1')])).toBe(false);
    expect(seen([text.replace('n=abcdefgh', 'n=another1')], { generation: 40 })).toBe(true);
  });

  it('by no silence, no strange text and no other deployment’s record', () => {
    const others = [null, [], [''], ['v=spf1'], [text, text], [text.replace('d=', 'd=other')]];

    expect(others.map((values) => seen(values))).toEqual(others.map(() => false));
  });
});

const VANTAGE = sampleConfig().vantages[0]!;
