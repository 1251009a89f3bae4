/**
 * The document of `incidents` → text: first what is open, with every step and what to type; then what is
 * over, a line each with its durations; last how long detecting and recovering took as a rule.
 */
import type { IncidentShown, IncidentsDocument } from '../../shared/api/incidents.ts';
import { clockTime } from '../../shared/core/reason.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { dayTime } from './decision-text.ts';
import type { Paint } from './paint.ts';
import { age } from './status-text.ts';

const SENTENCE_MAX = 400;

export function incidentsText(
  document: IncidentsDocument,
  options: {
    readonly paint: Paint;
    readonly service: string | null;
    /** Of those that are over, too. */
    readonly steps: boolean;
  },
): string {
  const { paint, service, steps } = options;
  const { incidents, at } = document;
  const open = incidents.filter(({ state }) => state === 'open');
  const over = incidents.filter(({ state }) => state === 'resolved');
  const commands = [...new Set(open.map((incident) => `quorate why ${incident.service}`))];
  return [
    paint.bold(
      open.length === 0
        ? paint.green(headline(document, service))
        : paint.red(headline(document, service)),
    ),
    paint.dim(`${document.deployment}, read through ${document.region} at ${clockTime(at)}`),
    ...open.flatMap((incident) => ['', ...incidentLines(incident, at, paint, true)]),
    ...(over.length === 0
      ? []
      : [
          '',
          paint.bold('over'),
          ...over.flatMap((incident) => incidentLines(incident, at, paint, steps)),
        ]),
    ...averages(incidents),
    ...(commands.length === 0
      ? []
      : ['', paint.bold('type next'), ...commands.map((line) => `  ${line}`)]),
  ].join('\n');
}

/** `1 incident is open: us-east-1 of app is down; 3 are over since 2026-10-24` */
function headline({ incidents, sinceAt }: IncidentsDocument, service: string | null): string {
  const of = service === null ? '' : ` of ${service}`;
  const open = incidents.filter(({ state }) => state === 'open');
  const over = incidents.length - open.length;
  const rest = `${over === 0 ? 'none is' : over === 1 ? '1 is' : `${over} are`} over since ${dayTime(sinceAt)}`;
  const [first] = open;
  if (first === undefined) return `no incident${of} is open; ${rest}`;
  const more = open.length === 1 ? '' : ` and ${open.length - 1} more`;
  return `${open.length} ${open.length === 1 ? 'incident' : 'incidents'}${of} ${open.length === 1 ? 'is' : 'are'} open: ${safeText(first.title, SENTENCE_MAX)}${more}; ${rest}`;
}

function incidentLines(
  incident: IncidentShown,
  now: number,
  paint: Paint,
  hasSteps: boolean,
): readonly string[] {
  const { state, service, title, openedAt, resolvedAt, detectMs, recoverMs, recoverBasis, steps } =
    incident;
  const end =
    resolvedAt === null ? `for ${age(now - openedAt)} now` : `for ${age(resolvedAt - openedAt)}`;
  const facts = [
    end,
    ...(detectMs === null ? [] : [`detected after ${age(detectMs)}`]),
    ...(recoverMs === null
      ? []
      : [
          `traffic away after ${age(recoverMs)}${recoverBasis === 'insync' ? ', says Route 53' : ''}`,
        ]),
  ].join(', ');
  const colour = state === 'open' ? paint.red : paint.green;
  return [
    `  ${dayTime(openedAt)}  ${colour(state.padEnd(8))}  ${paint.bold(titleOf(service, title))}  (${facts})`,
    ...(hasSteps
      ? steps.map(
          ({ step, at, sentence }) =>
            `    ${clockTime(at)}  ${step.padEnd(12)}  ${safeText(sentence, SENTENCE_MAX)}`,
        )
      : []),
  ];
}

/** Most titles begin with the service. */
function titleOf(service: string, title: string): string {
  const text = safeText(title, SENTENCE_MAX);
  return text.includes(service) ? text : `${service}: ${text}`;
}

/** The middle one of each: what to expect the next time. */
function averages(incidents: readonly IncidentShown[]): readonly string[] {
  const median = (values: readonly (number | null)[]): string | null => {
    const known = values.filter((value) => value !== null).sort((a, b) => a - b);
    const middle = known[Math.floor((known.length - 1) / 2)];
    return middle === undefined ? null : `${age(middle)} (of ${known.length})`;
  };
  const detect = median(incidents.map(({ detectMs }) => detectMs));
  const recover = median(incidents.map(({ recoverMs }) => recoverMs));
  if (detect === null && recover === null) return [];
  return [
    '',
    `median time to detect ${detect ?? 'not known'}, until traffic is away ${recover ?? 'not known'}: both from the first failed probe`,
  ];
}
