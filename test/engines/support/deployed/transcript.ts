/**
 * What happened, as a person at a terminal would have seen it: commands with their output, the zone before
 * and after. Goes to the file that QUORATE_TRANSCRIPT names, line by line, so that a failed run has one
 * as well; without that variable it goes nowhere.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { ZoneState } from './aws.ts';
import type { Ran } from './deployment.ts';

export type Transcript = {
  readonly heading: (text: string) => void;
  readonly command: (line: string, ran: Ran) => void;
  readonly zone: (when: string, state: ZoneState) => void;
  readonly line: (text: string) => void;
};

export function openTranscript(path: string | undefined): Transcript {
  if (path !== undefined) writeFileSync(path, '');
  const line = (text: string): void => {
    if (path !== undefined) appendFileSync(path, `${text}\n`);
  };
  const time = (): string => new Date().toISOString().slice(11, 19);

  return {
    line,
    heading: (text) => line(`\n## ${text}\n`),
    command: (text, { code, all, seconds }) => {
      line(`${time()}Z $ ${text}`);
      line(all.trimEnd());
      line(`(exit ${code} after ${seconds} s)\n`);
    },
    zone: (when, { weights, generation, fence }) => {
      const shares = Object.entries(weights).map(([id, weight]) => `${id} ${weight}`);
      line(`${time()}Z zone ${when}: ${shares.join(' · ')} · generation ${generation ?? 'none'}`);
      if (fence !== null) line(`  _quorate ${fence}`);
    },
  };
}
