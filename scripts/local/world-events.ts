/**
 * What happens in the local world, as it happens, for timelines, `--json` lines and the screen's news.
 * Times are the world's clock, epoch ms. A listener that throws is a bug of the listener's owner.
 */
import type { Fault } from './faults.ts';

export type WorldEvent =
  | { readonly event: 'ready'; readonly at: number; readonly url: string; readonly dns: string }
  | { readonly event: 'fault'; readonly at: number; readonly id: string; readonly fault: Fault }
  | {
      readonly event: 'fault-removed';
      readonly at: number;
      readonly id: string;
      readonly fault: Fault;
    }
  /** A vantage's answers about an endpoint turned from passing to failing, or back. */
  | {
      readonly event: 'probe';
      readonly at: number;
      readonly vantage: string;
      readonly service: string;
      readonly endpoint: string;
      readonly outcome: 'pass' | 'fail' | 'skipped';
      readonly code: string | null;
    }
  | {
      readonly event: 'vote';
      readonly at: number;
      readonly vantage: string;
      readonly service: string;
      readonly endpoint: string;
      readonly vote: 'up' | 'down' | 'none' | 'silent';
    }
  /** All votes together, as an observer of all regions counts them. */
  | {
      readonly event: 'verdict';
      readonly at: number;
      readonly service: string;
      readonly endpoint: string;
      readonly verdict: 'up' | 'down' | 'unknown';
      readonly degraded: boolean;
    }
  | {
      readonly event: 'decision';
      readonly at: number;
      readonly service: string;
      readonly region: string;
      readonly automation: string;
      readonly sentences: readonly string[];
    }
  /** Route 53 took a batch that replaces a service's fence. */
  | {
      readonly event: 'commit';
      readonly at: number;
      readonly service: string;
      readonly generation: number;
      readonly comment: string;
      /** Endpoint → weight, as the batch leaves it. */
      readonly weights: Readonly<Record<string, number>>;
    }
  | { readonly event: 'refused'; readonly at: number; readonly messages: readonly string[] }
  /** The name servers answer this generation from now on. */
  | {
      readonly event: 'insync';
      readonly at: number;
      readonly service: string;
      readonly generation: number;
    }
  | {
      readonly event: 'hand-edit';
      readonly at: number;
      readonly service: string;
      readonly endpoint: string;
      readonly weight: number;
    }
  | { readonly event: 'order'; readonly at: number; readonly id: string; readonly order: object }
  | { readonly event: 'order-removed'; readonly at: number; readonly id: string }
  /** A notification arrived at its channel. */
  | {
      readonly event: 'told';
      readonly at: number;
      readonly channel: string;
      readonly text: string;
    }
  /** A function ended with an error: on AWS its alarm would count it. */
  | {
      readonly event: 'error';
      readonly at: number;
      readonly vantage: string;
      readonly function: string;
      readonly message: string;
    };

export type WorldListener = (event: WorldEvent) => void;

export type EventHub = {
  readonly emit: WorldListener;
  /** Returns the function that ends the subscription. */
  readonly on: (listener: WorldListener) => () => void;
};

export function eventHub(): EventHub {
  const listeners = new Set<WorldListener>();
  return {
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
