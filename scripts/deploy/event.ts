/** What a deployment or a removal tells while it goes on: one event a line, as text or as JSON. */
import type { VantageId } from '../../shared/core/model.ts';
import { type Check, checkText } from './check.ts';
import { type VerdictChange, verdictText } from './verdict-change.ts';

export type DeployEvent =
  | ({ readonly event: 'check' } & Check)
  /** What will be done, or would be. */
  | { readonly event: 'plan'; readonly lines: readonly string[] }
  | { readonly event: 'step'; readonly region: VantageId | null; readonly text: string }
  | ({ readonly event: 'verdict' } & VerdictChange)
  | {
      readonly event: 'url';
      readonly region: VantageId;
      readonly url: string;
      /** For those who may not do everything: see `quorate iam --api`. */
      readonly override?: string;
      readonly read?: string;
    }
  | { readonly event: 'end'; readonly text: string };

export type Tell = (event: DeployEvent) => void;

export function eventText(event: DeployEvent): string {
  switch (event.event) {
    case 'check':
      return checkText(event);
    case 'plan':
      return ['', ...event.lines, ''].join('\n');
    case 'step':
      return `${(event.region ?? '').padEnd(15)} ${event.text}`;
    case 'verdict':
      return verdictText(event);
    case 'url':
      return `${event.region.padEnd(15)} ${event.url}`;
    case 'end':
      return event.text;
  }
}

export const eventJson = (event: DeployEvent): string => JSON.stringify({ format: 1, ...event });
