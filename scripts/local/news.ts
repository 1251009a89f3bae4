/**
 * What is worth a line on the screen: events and new decisions' sentences in, the last lines out. A
 * sentence that a decision repeats is said once.
 */
import type { WorldEvent } from './world-events.ts';
import type { LatestDecision, NewsItem } from './world-state.ts';

const NEWS_MAX = 50;

export type NewsDesk = {
  readonly takeEvent: (event: WorldEvent) => void;
  readonly takeDecision: (decision: LatestDecision, before: LatestDecision | undefined) => void;
  readonly list: () => readonly NewsItem[];
};

export function newsDesk(): NewsDesk {
  const items: NewsItem[] = [];
  const tell = (item: NewsItem): void => {
    items.push(item);
    if (items.length > NEWS_MAX) items.shift();
  };
  return {
    takeEvent(event) {
      const said = sentenceOf(event);
      if (said !== undefined) tell({ at: event.at, ...said });
    },
    takeDecision({ at, service, sentences }, before) {
      for (const sentence of sentences) {
        if (!before?.sentences.includes(sentence)) tell({ at, service, sentence });
      }
    },
    list: () => [...items],
  };
}

function sentenceOf(event: WorldEvent): Omit<NewsItem, 'at'> | undefined {
  const said = (sentence: string, service: string | null = null): Omit<NewsItem, 'at'> => ({
    service,
    sentence,
  });
  switch (event.event) {
    case 'ready':
      return said(`every endpoint is up and in DNS: ready at ${event.url}`);
    case 'fault': {
      const { kind, ...fields } = event.fault;
      return said(`fault ${event.id}: ${[kind, ...Object.values(fields)].join(' ')}`);
    }
    case 'fault-removed':
      return said(`fault ${event.id} healed: ${event.fault.kind}`);
    case 'verdict': {
      const value = event.verdict === 'up' && event.degraded ? 'degraded' : event.verdict;
      return said(`${event.endpoint} is ${value} by quorum`, event.service);
    }
    case 'commit': {
      const weights = Object.entries(event.weights).map(([id, weight]) => `${id} ${weight}`);
      return said(`generation ${event.generation}: ${weights.join(', ')}`, event.service);
    }
    case 'insync':
      return said(`generation ${event.generation} is what DNS answers`, event.service);
    case 'order':
      return said(`order ${event.id} given`);
    case 'order-removed':
      return said(`order ${event.id} cancelled`);
    case 'error':
      return said(`${event.function} in ${event.vantage} ended with an error: ${event.message}`);
    case 'told':
      return said(`told the ${event.channel}: ${event.text}`);
    case 'hand-edit': // The fault's own line says it.
    case 'probe':
    case 'vote':
    case 'decision':
    case 'refused':
      return;
  }
}
