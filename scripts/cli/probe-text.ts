/** The document of `probe` → lines: outcome first, then each request with its phases and conditions. */
import { clockTime } from '../../shared/core/reason.ts';
import type { Paint } from './paint.ts';
import type { ProbeDocument, ProbedEndpoint } from './probe.ts';
import type { AttemptShown, ConditionShown } from './probe-judgement.ts';
import { age, ballotText } from './status-text.ts';

export function probeText(document: ProbeDocument, paint: Paint): string {
  return [
    ...document.endpoints.map((endpoint) => endpointLines(document, endpoint, paint).join('\n')),
    ...document.notes.map((note) => paint.yellow(`note: ${note}`)),
    paint.dim(`probed from this machine as ${document.userAgent}; nothing was written`),
  ].join('\n\n');
}

function endpointLines(
  document: ProbeDocument,
  { endpoint, look, reports }: ProbedEndpoint,
  paint: Paint,
): readonly string[] {
  const { outcome, latencyMs } = look;
  const words =
    outcome.kind === 'pass'
      ? paint.green(`pass${latencyMs === null ? '' : ` in ${latencyMs} ms`}`)
      : paint[outcome.kind === 'fail' ? 'red' : 'yellow'](
          `${outcome.kind} (${outcome.code}): ${outcome.detail}`,
        );
  return [
    `${paint.bold(`${document.service} / ${endpoint}`)}   from here: ${words}`,
    ...look.requests.flatMap((request) => [
      `  ${request.asks}${request.host === null ? '' : `   Host ${request.host}`}`,
      ...Object.entries(request.headers).map(([name, value]) => paint.dim(`    ${name}: ${value}`)),
      ...request.attempts.flatMap((attempt) => attemptLines(attempt, request.target, paint)),
    ]),
    ...(reports === null
      ? []
      : [
          '  what each vantage last reported:',
          ...reports.map(({ ageMs, ...ballot }) => {
            const when = ageMs === null ? '' : `   (${age(ageMs)} ago)`;
            const wide = Math.max(...reports.map(({ vantage }) => vantage.length));
            return `    ${ballot.vantage.padEnd(wide)}  ${ballotText(ballot, document.at)}${when}`;
          }),
        ]),
  ];
}

function attemptLines(attempt: AttemptShown, target: string, paint: Paint): readonly string[] {
  const { address, result, code, detail, redirects, certificateUntilAt } = attempt;
  const name = address === null ? target : address;
  const what =
    result === 'answer'
      ? `${redirects === 0 ? '' : `${redirects} redirects followed`}`
      : paint[result === 'fail' ? 'red' : 'yellow'](`${result} (${code}): ${detail}`);
  return [
    `    ${name}   ${phasesText(attempt)}${what === '' ? '' : `   ${what}`}`,
    ...attempt.expect.map((condition) => conditionLine(condition, 'expect', paint)),
    ...attempt.watch.map((condition) => conditionLine(condition, 'watch', paint)),
    ...(certificateUntilAt === null
      ? []
      : [
          paint.dim(
            `      certificate valid until ${new Date(certificateUntilAt).toISOString().slice(0, 10)} ${clockTime(certificateUntilAt)}`,
          ),
        ]),
  ];
}

/** Lengths of the phases; what was not reached is a dash. Each is measured since the probe began. */
export function phasesText({ timings }: Pick<AttemptShown, 'timings'>): string {
  const { dnsMs, connectMs, tlsMs, firstByteMs, totalMs } = timings;
  let before = 0;
  const phase = (name: string, endMs: number | null): string => {
    if (endMs === null) return `${name} -`;
    const text = `${name} ${Math.max(0, endMs - before)} ms`;
    before = endMs;
    return text;
  };
  return [
    phase('DNS', dnsMs),
    phase('connect', connectMs),
    phase('TLS', tlsMs),
    phase('first byte', firstByteMs),
    `total ${totalMs} ms`,
  ].join('  ');
}

const conditionLine = (
  { name, holds, detail }: ConditionShown,
  under: 'expect' | 'watch',
  paint: Paint,
): string => {
  const mark = holds ? paint.green('✓') : paint[under === 'expect' ? 'red' : 'yellow']('✗');
  const note = under === 'watch' ? ' (watch, never votes)' : '';
  return `      ${mark} ${name}: ${detail}${note}`;
};
