/**
 * `quorate probe SERVICE [ENDPOINT]`: one look from this machine by the very prober that vantages use, each
 * phase and condition shown; with `--from all`, beside what every vantage last reported. Writes nothing.
 * Secrets of headers are read as a vantage would, sent, and never printed.
 */
import type { BallotShown } from '../../shared/api/parts.ts';
import { ballotShown } from '../../shared/api/status-document.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Endpoint, EpochMs, Service } from '../../shared/core/model.ts';
import type { ProbeRequest, ProbeResponse } from '../../shared/core/probe.ts';
import { probesOf } from '../../shared/core/probe-request.ts';
import { list } from '../../shared/core/reason.ts';
import { tableNote } from '../../shared/core/trouble.ts';
import type { VantageView } from '../../shared/core/vote.ts';
import { readEvidence, votesOf } from '../../shared/rounds/evidence.ts';
import type { ProbeWired } from '../../shared/wire-probe.ts';
import type { Register } from './cli.ts';
import { findEndpoint, findService } from './find.ts';
import { judgeLook, type LookShown } from './probe-judgement.ts';
import { probeText } from './probe-text.ts';

export type ReportShown = BallotShown & { readonly ageMs: number | null };

export type ProbedEndpoint = {
  readonly endpoint: string;
  readonly look: LookShown;
  /** Null without `--from all`. */
  readonly reports: readonly ReportShown[] | null;
};

export type ProbeDocument = {
  readonly service: string;
  readonly at: EpochMs;
  readonly userAgent: string;
  readonly endpoints: readonly ProbedEndpoint[];
  readonly notes: readonly string[];
};

export const registerProbe: Register = (program, cli) => {
  program
    .command('probe')
    .argument('<service>')
    .argument('[endpoint]', 'default: all of the service')
    .option('--from <where>', '"all" shows what every vantage last reported, too')
    .description('asks the endpoints once from this machine, each phase and condition shown')
    .addHelpText(
      'after',
      `
Example:
  quorate probe app us-east-1 --from all
With --json: endpoints[] with look {outcome, requests[].attempts[]} and reports[] or null. Exit code 1 if a
look did not pass.`,
    )
    .action(
      async (serviceId: string, endpointId: string | undefined, { from }: { from?: string }) => {
        if (from !== undefined && from !== 'all' && from !== 'here') {
          throw new QuorateError(
            'BAD_REQUEST',
            `--from ${from} is not known; write --from all for what each vantage last reported, or leave it out`,
          );
        }
        const loaded = cli.load();
        const { config } = loaded;
        const service = findService(config, serviceId);
        const endpoints =
          endpointId === undefined ? service.endpoints : [findEndpoint(service, endpointId)];
        const wired = cli.wired(loaded);
        const { signal } = cli.terminal;
        cli.say(`asking ${list(endpoints.map(({ id }) => id))} of ${service.id} …`);

        const views = from === 'all' ? await lastReports(wired, service, signal) : null;
        const probed = await Promise.all(
          endpoints.map(async (endpoint): Promise<ProbedEndpoint> => {
            const look = await lookAt(wired, service, endpoint, signal);
            const now = wired.clock.now();
            const reports = views?.views.map((view) => reportShown(view, endpoint, now)) ?? null;
            return { endpoint: endpoint.id, look, reports };
          }),
        );
        if (probed.some(({ look }) => look.outcome.kind !== 'pass')) cli.exitWith(1);
        const userAgent = `Quorate/${wired.release} (vantage ${wired.settings.vantage})`;
        const document: ProbeDocument = {
          service: service.id,
          at: wired.clock.now(),
          userAgent,
          endpoints: probed,
          notes: [
            ...(views?.trouble ? [tableNote(views.trouble)] : []),
            ...probed.flatMap((one) => refusalNote(one)),
          ],
        };
        cli.print(document, () => probeText(document, cli.paint));
      },
    );
};

async function lookAt(
  wired: ProbeWired,
  service: Service,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<LookShown> {
  const { clock, aids } = wired;
  const at = clock.now();
  const prober = wired.prober();
  const requests = probesOf(service, endpoint);
  const responses = await Promise.all(requests.map((request) => prober.probe(request, signal)));
  const hidden = await secretsIn(requests, wired.secrets, signal);
  const byKey = new Map(
    responses.map((response) => [response.key, withoutSecrets(response, hidden)]),
  );
  const look = { vantage: wired.settings.vantage, round: 0, at };
  return judgeLook(service, endpoint, byKey, look, aids);
}

/** Read a moment ago by the prober, and still held: what an answer must not show. */
async function secretsIn(
  requests: readonly ProbeRequest[],
  secrets: ProbeWired['secrets'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names = requests.flatMap((request) =>
    request.kind === 'http'
      ? Object.values(request.headers).flatMap((value) =>
          typeof value === 'string' ? [] : value.ssm,
        )
      : [],
  );
  const read = async (name: string): Promise<string | undefined> =>
    await secrets()
      .read(name, signal)
      .catch(() => undefined);
  const values = await Promise.all([...new Set(names)].map(read));
  return values.flatMap((value) => (value === undefined || value === '' ? [] : [value]));
}

/** An endpoint may echo the header that it was sent, and a failed condition quotes what was answered. */
function withoutSecrets(response: ProbeResponse, secrets: readonly string[]): ProbeResponse {
  const hide = (text: string): string =>
    secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '(secret)'), text);
  return {
    ...response,
    attempts: response.attempts.map(({ result, ...attempt }) => {
      if (result.kind !== 'http') return { ...attempt, result };
      const headers = Object.fromEntries(
        Object.entries(result.headers).map(([name, value]) => [name, hide(value)]),
      );
      return { ...attempt, result: { ...result, headers, body: hide(result.body) } };
    }),
  };
}

async function lastReports(
  wired: ProbeWired,
  service: Service,
  signal: AbortSignal,
): Promise<{ readonly views: readonly VantageView[]; readonly trouble: string | null }> {
  const { clock, config } = wired;
  const ports = { clock, store: wired.store() };
  const evidence = await readEvidence(ports, config, manifestOf(config), signal);
  return { views: votesOf(evidence, service, clock.now()).views, trouble: evidence.trouble };
}

const reportShown = (view: VantageView, endpoint: Endpoint, now: EpochMs): ReportShown => ({
  ...ballotShown(view, endpoint.id),
  ageMs: view.state === 'silent' ? null : now - view.observedAt,
});

const REFUSED_STATUS = /\bstatus (401|403)\b/;

/** The same refusal from everywhere is no outage: something in front of the endpoint lets nobody in. */
function refusalNote({ endpoint, look, reports }: ProbedEndpoint): readonly string[] {
  const { outcome } = look;
  const here = outcome.kind === 'fail' ? REFUSED_STATUS.exec(outcome.detail)?.[1] : undefined;
  if (here === undefined) return [];
  const told = (reports ?? []).filter(({ vote }) => vote !== 'silent');
  const isEverywhere = told.every(({ detail }) => REFUSED_STATUS.test(detail));
  if (!isEverywhere) return [];
  const vantages = told.map(({ vantage }) => vantage);
  const where = vantages.length === 0 ? 'here' : `here and from all ${vantages.length} vantages`;
  const what =
    here === '401'
      ? 'wants credentials: write the header it asks for under check.headers (a secret as { ssm: /path }), or check a path that needs none'
      : 'refuses the probe: let requests with a User-Agent that begins with "Quorate/" through its firewall, or with a secret header under check.headers ({ ssm: /path })';
  return [`${endpoint} answers ${here} ${where}; it ${what}`];
}
