/**
 * World events in, trace lines for a person out: what changed, never what stayed. Hot events (reports,
 * decisions) cost a comparison unless something changed. Lines go into the trace hash whether they are
 * kept or not.
 */
import type { Service } from '../../../shared/core/model.ts';
import type { Report } from '../../../shared/core/report.ts';
import type { Line } from '../kernel/trace.ts';
import type { Batch, WorldEvent, ZoneState } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';

type Result = Extract<WorldEvent, { readonly kind: 'decided' }>['results'][number];

/** Legend of the columns and of what stands in the third. */
export const STAGES: Readonly<Record<string, string>> = {
  phase: 'faults, then healed (a core is whole again), then quiet (nothing is wrong)',
  fault: 'begins, ends, took effect',
  endpoint: 'what a perfect look at it would find, from now on',
  report: 'votes of a vantage that changed',
  verdict: 'verdicts of a region that changed: ups-downs of all',
  decision: 'what a region wants or withholds, where that changed',
  sent: 'a change batch leaves a region',
  commit: 'a change batch arrives at Route 53 and is accepted',
  refused: 'a change batch arrives and has no effect',
  answer: 'what the sender learns of its batch',
  edit: 'somebody changes the zone by hand',
  strand: 'Route 53 forgets what was not served yet',
  served: 'what name servers answer, from now on',
  order: 'an operator asks, and is answered',
  process: 'an invocation ends otherwise than by returning',
  log: 'a warning or an error of the production code',
  told: 'a notification is delivered',
  VIOLATION: 'an invariant does not hold',
};

export function tellStory(world: SimWorld): (line: Omit<Line, 'atMs'>) => void {
  const { trace, sim } = world;
  const add = (line: Omit<Line, 'atMs'>): void => trace.line({ atMs: sim.nowMs(), ...line });
  const votes = newVotes();
  const decisions = newDecisions();
  const served = new Map<string, string>();

  world.on((event) => {
    switch (event.kind) {
      case 'report-written':
        votes(event.by.region, event.report, add);
        return;
      case 'decided':
        for (const result of event.results) decisions(event.by.region, result, add);
        return;
      case 'batch-sent': {
        const { batch } = event;
        add(line(batch.from.region, 'sent', batchName(batch), `${batch.changes.length} changes`));
        return;
      }
      case 'batch-arrived': {
        const { batch, answer, before, after } = event;
        const { region } = batch.from;
        if (answer === 'accepted') {
          add(
            line(region, 'commit', batchName(batch), weightsChanged(before, after), batch.comment),
          );
        } else add(line(region, 'refused', batchName(batch), answer, batch.comment));
        return;
      }
      case 'batch-answered':
        add(line(event.batch.from.region, 'answer', batchName(event.batch), event.reply));
        return;
      case 'zone-edited':
        add(
          line('person', 'edit', event.zone, weightsChanged(event.before, event.after), event.what),
        );
        return;
      case 'zone-stranded':
        add(line('zone', 'strand', event.zone, weightsChanged(event.before, event.after)));
        return;
      case 'zone-served': {
        const text = weightsOf(world.config().services, event.state);
        if (served.get(event.zone) === text) return;
        served.set(event.zone, text);
        add(line('zone', 'served', event.zone, text));
        return;
      }
      case 'order-asked':
        add(
          line(
            event.by.region,
            'order',
            event.service,
            operationText(event.operation),
            event.actor,
          ),
        );
        return;
      case 'order-answered': {
        const { answer, service } = event.answer;
        const why = 'sentence' in answer ? answer.sentence : '';
        add(line(event.by.region, 'order', service.id, `answered: ${answer.kind}`, why));
        return;
      }
      case 'invocation-ended':
        if (event.how === 'returned') return;
        add(
          line(
            event.by.region,
            'process',
            `${event.by.name} ${event.by.number}`,
            event.how,
            event.why,
          ),
        );
        return;
      case 'endpoint-changed': {
        const clients =
          event.serves === event.isUp ? '' : `, clients ${event.serves ? 'served' : 'not'}`;
        add(
          line(
            '',
            'endpoint',
            `${event.service}/${event.endpoint}`,
            `${event.isUp ? 'up' : 'down'}${clients}`,
          ),
        );
        return;
      }
      case 'phase':
        add(line('', 'phase', '', event.phase));
        return;
      case 'fault-began':
        add(line('', 'fault', event.id, 'begins', event.what));
        return;
      case 'fault-ended':
        add(line('', 'fault', event.id, 'ends', event.what));
        return;
      case 'logged':
        add(
          line(
            event.by.region,
            'log',
            `${event.by.name} ${event.by.number}`,
            event.level,
            event.message,
          ),
        );
        return;
      case 'delivered':
        add(line(event.by.region, 'told', event.channel, '', subjectOf(event.text)));
        return;
      default:
        // Reads, marks, figures: they follow from the rest.
        return;
    }
  });
  return add;
}

const line = (
  place: string,
  stage: string,
  subject: string,
  what: string,
  why = '',
): Omit<Line, 'atMs'> => ({ place, stage, subject, what, why });

const subjectOf = (notification: string): string =>
  /"subject":"((?:[^"\\]|\\.)*)"/.exec(notification)?.[1] ?? '';

const batchName = ({ number, from }: Batch): string => `batch ${number} of ${from.name}`;

function operationText(operation: { readonly kind: string } & Record<string, unknown>): string {
  const { kind } = operation;
  if (kind !== 'order') {
    const endpoint = operation.endpoint ?? operation.order;
    return endpoint === undefined ? kind : `${kind} ${String(endpoint)}`;
  }
  const { kind: order, scope, untilAt } = operation.order as Record<string, unknown>;
  return `${String(order)} ${JSON.stringify(scope) ?? ''} until ${String(untilAt)}`;
}

type Add = (line: Omit<Line, 'atMs'>) => void;

/** Reports of a steady world list nothing: those are passed over at once. */
function newVotes(): (vantage: string, report: Report, add: Add) => void {
  const NOTHING: ReadonlyMap<string, string> = new Map();
  const known = new Map<string, ReadonlyMap<string, string>>();
  return (vantage, report, add) => {
    // A liar's may be anything at all.
    const entries: unknown = (report as Report | null)?.entries;
    if (!Array.isArray(entries)) return;
    const before = known.get(vantage) ?? NOTHING;
    if (entries.length === 0 && before.size === 0) return;
    const after = new Map<string, string>();
    for (const { service, endpoint, vote, code, skipped } of entries as Report['entries']) {
      const why = code ?? skipped ?? '';
      after.set(`${service}/${endpoint}`, why === '' ? vote : `${vote} ${why}`);
    }
    known.set(vantage, after);
    for (const [endpoint, vote] of after) {
      const last = before.get(endpoint) ?? 'up';
      if (last.split(' ')[0] !== vote.split(' ')[0]) {
        add(line(vantage, 'report', endpoint, `${last} → ${vote}`));
      }
    }
    for (const [endpoint, last] of before) {
      if (!after.has(endpoint) && last.split(' ')[0] !== 'up') {
        add(line(vantage, 'report', endpoint, `${last} → up`));
      }
    }
  };
}

function newDecisions(): (region: string, result: Result, add: Add) => void {
  const verdicts = new Map<string, string>();
  const wanted = new Map<string, string>();
  return (region, { service, decision, outcome }, add) => {
    const key = `${region} ${service}`;
    let all = decision.automation as string;
    for (const { endpoint, verdict } of decision.endpoints) {
      const id = `${key}/${endpoint}`;
      const last = verdicts.get(id) ?? 'up';
      if (last !== verdict.value) {
        const { ups, downs, of, failure } = verdict;
        add(
          line(
            region,
            'verdict',
            `${service}/${endpoint}`,
            `${last} → ${verdict.value}`,
            `${ups.length}-${downs.length} of ${of}${failure === '' ? '' : `, ${failure}`}`,
          ),
        );
        verdicts.set(id, verdict.value);
      }
    }
    for (const { endpoint, from, to, reason, withheld } of decision.endpoints) {
      if (from !== to) all += `; ${endpoint} ${from} → ${to} (${reason.code})`;
      for (const held of withheld) all += `; ${endpoint} withheld: ${held.code}`;
    }
    for (const { code } of decision.reasons) all += `; ${code}`;
    for (const { code } of decision.withheld) all += `; withheld: ${code}`;
    if (all === (wanted.get(key) ?? 'on')) return;
    wanted.set(key, all);
    add(line(region, 'decision', service, outcome.kind, all));
  };
}

/** `us-east-1 100 → 0`, per endpoint and type; a fence by name. */
function weightsChanged(before: ZoneState, after: ZoneState): string {
  const parts: string[] = [];
  for (const [key, record] of after) {
    const last = before.get(key);
    if (last === record) continue;
    if (record.type === 'TXT') continue;
    const name = `${record.name} ${record.type} ${record.setIdentifier ?? ''}`.trim();
    if (last === undefined) parts.push(`${name} new, weight ${record.weight ?? '-'}`);
    else if (last.weight !== record.weight) parts.push(`${name} ${last.weight} → ${record.weight}`);
  }
  for (const [key, { name, type, setIdentifier }] of before) {
    if (!after.has(key)) parts.push(`${name} ${type} ${setIdentifier ?? ''} gone`);
  }
  return parts.length === 0 ? 'no weight changes' : parts.join(', ');
}

function weightsOf(services: readonly Service[], state: ZoneState): string {
  return services
    .map((service) => {
      const [name] = service.names;
      const weights = [...state.values()]
        .filter((record) => record.name === name && record.setIdentifier !== undefined)
        .map((record) => `${record.setIdentifier} ${record.weight}`);
      return `${service.id}: ${weights.join(', ')}`;
    })
    .join('; ');
}
