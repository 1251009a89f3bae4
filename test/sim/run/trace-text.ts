/** Trace lines → text in fixed columns with a legend on top; times count from the start of the scenario. */
import type { Line } from '../kernel/trace.ts';
import { STAGES } from './story.ts';

const WIDTHS = { time: 13, place: 15, stage: 10, subject: 22, what: 34 } as const;

/** `+02:10:38.474`; beyond a day `+1d 02:10:38.474`. */
export function sinceStart(ms: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const days = Math.floor(ms / 86_400_000);
  const hours = two(Math.floor(ms / 3_600_000) % 24);
  const minutes = two(Math.floor(ms / 60_000) % 60);
  const seconds = two(Math.floor(ms / 1_000) % 60);
  const rest = String(ms % 1_000).padStart(3, '0');
  return `+${days === 0 ? '' : `${days}d `}${hours}:${minutes}:${seconds}.${rest}`;
}

export function traceText(lines: readonly Line[], startMs: number): string {
  const row = (line: Record<keyof typeof WIDTHS | 'why', string>): string =>
    [
      line.time.padEnd(WIDTHS.time),
      line.place.padEnd(WIDTHS.place),
      line.stage.padEnd(WIDTHS.stage),
      line.subject.padEnd(WIDTHS.subject),
      line.what.padEnd(WIDTHS.what),
      line.why,
    ]
      .join(' ')
      .trimEnd();
  const used = new Set(lines.map(({ stage }) => stage));
  const legend = Object.entries(STAGES)
    .filter(([stage]) => used.has(stage))
    .map(([stage, text]) => `  ${stage.padEnd(WIDTHS.stage)} ${text}`);
  return [
    'legend: time since the start (true time) · where · stage · subject · what · why',
    ...legend,
    '',
    row({
      time: 'time',
      place: 'place',
      stage: 'stage',
      subject: 'subject',
      what: 'what',
      why: 'why',
    }),
    ...lines.map((line) => row({ ...line, time: sinceStart(line.atMs - startMs) })),
  ].join('\n');
}

/** What led to the end: the last minutes, and the faults that were at work before. */
export function lastMinutes(
  lines: readonly Line[],
  minutes: number,
  linesMax: number,
): readonly Line[] {
  const last = lines.at(-1);
  if (last === undefined) return [];
  const from = last.atMs - minutes * 60_000;
  const near = lines.filter(({ atMs }) => atMs >= from).slice(-linesMax);
  const first = near[0];
  const far = lines.filter(
    (line) =>
      (line.stage === 'fault' || line.stage === 'phase' || line.stage === 'commit') &&
      first !== undefined &&
      line.atMs < first.atMs,
  );
  return [...far.slice(-linesMax), ...near];
}
