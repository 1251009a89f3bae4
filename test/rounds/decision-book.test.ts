import { describe, expect, it } from 'vitest';
import { decisionBook } from '../../scripts/local/decision-book.ts';
import { newsDesk } from '../../scripts/local/news.ts';
import { eventHub, type WorldEvent } from '../../scripts/local/world-events.ts';
import type { LatestDecision } from '../../scripts/local/world-state.ts';
import { sampleService } from '../fakes/sample-service.ts';

describe('the latest decision of all regions', () => {
  it('is told once, and again only when it says something new', () => {
    const { book, seen, news } = open(3);

    book.take(decision({ generation: 3, sentences: ['down: a'] }));
    book.take(decision({ generation: 3, region: 'us-east-1', sentences: ['down: a'] }));
    book.take(decision({ generation: 3, sentences: ['down: a', 'down: b'] }));
    book.take(decision({ generation: 3, sentences: [] }));

    expect(seen.map((event) => 'sentences' in event && event.sentences)).toEqual([
      ['down: a'],
      ['down: a', 'down: b'],
      [],
    ]);
    expect(news.list().map(({ sentence }) => sentence)).toEqual(['down: a', 'down: b']);
  });

  it('is not taken from a region that looks at an older zone than another did', () => {
    const { book } = open(4);

    book.take(decision({ generation: 4, sentences: ['new'] }));
    book.take(decision({ generation: 3, sentences: ['old'] }));

    expect(book.latest.get('app')?.sentences).toEqual(['new']);
  });

  it('is taken where the zone itself went back', () => {
    const { book } = open(3);

    book.take(decision({ generation: 4, sentences: ['lost'] }));
    book.take(decision({ generation: 3, sentences: ['restored'] }));

    expect(book.latest.get('app')?.sentences).toEqual(['restored']);
  });
});

describe('the news', () => {
  it('has a line for what people care about, and none for each probe and vote', () => {
    const news = newsDesk();
    const base = { at: 1, service: 'app', endpoint: 'eu' };
    const fault = { kind: 'endpoint-slow', service: 'app', endpoint: 'eu', delayMs: 5 } as const;

    for (const event of [
      { event: 'ready', at: 1, url: 'http://127.0.0.1:1', dns: '127.0.0.1:2' },
      { event: 'fault', at: 1, id: 'f1', fault },
      { event: 'fault-removed', at: 1, id: 'f1', fault },
      { event: 'probe', ...base, vantage: 'v', outcome: 'fail', code: 'timeout' },
      { event: 'vote', ...base, vantage: 'v', vote: 'down' },
      { event: 'verdict', ...base, verdict: 'up', degraded: true },
      { event: 'verdict', ...base, verdict: 'down', degraded: false },
      { event: 'decision', ...base, region: 'v', automation: 'on', sentences: ['x'] },
      { event: 'commit', ...base, generation: 4, comment: '', weights: { eu: 0, us: 100 } },
      { event: 'refused', at: 1, messages: ['x'] },
      { event: 'insync', ...base, generation: 4 },
      { event: 'hand-edit', ...base, weight: 3 },
      { event: 'order', at: 1, id: 'o1', order: {} },
      { event: 'order-removed', at: 1, id: 'o1' },
      { event: 'error', at: 1, vantage: 'v', function: 'quorum', message: 'broke' },
    ] satisfies readonly WorldEvent[]) {
      news.takeEvent(event);
    }

    expect(news.list().map(({ sentence }) => sentence)).toEqual([
      'every endpoint is up and in DNS: ready at http://127.0.0.1:1',
      'fault f1: endpoint-slow app eu 5',
      'fault f1 healed: endpoint-slow',
      'eu is degraded by quorum',
      'eu is down by quorum',
      'generation 4: eu 0, us 100',
      'generation 4 is what DNS answers',
      'order o1 given',
      'order o1 cancelled',
      'quorum in v ended with an error: broke',
    ]);
  });

  it('forgets the oldest lines first', () => {
    const news = newsDesk();

    for (let id = 0; id < 60; id += 1)
      news.takeEvent({ event: 'order-removed', at: id, id: `${id}` });

    expect(news.list()).toHaveLength(50);
    expect(news.list()[0]?.sentence).toBe('order 10 cancelled');
  });
});

function open(standing: number) {
  const seen: WorldEvent[] = [];
  const events = eventHub();
  events.on((event) => seen.push(event));
  const news = newsDesk();
  const services = [sampleService()];
  return {
    seen,
    news,
    book: decisionBook({ services, generationOf: () => standing, news, events }),
  };
}

const decision = (changes: Partial<LatestDecision>): LatestDecision => ({
  service: 'app',
  at: 1,
  region: 'eu-west-1',
  automation: 'on',
  generation: 1,
  sentences: [],
  endpoints: [],
  ...changes,
});
