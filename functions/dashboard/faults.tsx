/**
 * In the local world only: switches that break things, and what is broken now. On AWS there is no such
 * world, `GET /world` says so, and nothing of this is shown.
 */
import { useState } from 'preact/hooks';
import { ask } from './api.ts';
import { Choice } from './charts.tsx';
import { Badge, Button, Section } from './parts.tsx';
import { refresh } from './resource.ts';

/** What this page reads of `GET /world`. */
export type WorldSeen = {
  readonly vantages: readonly { readonly vantage: string }[];
  readonly services: readonly {
    readonly service: string;
    readonly endpoints: readonly {
      readonly endpoint: string;
      readonly region: string;
      readonly address: string | null;
    }[];
    readonly dnsAnswers: readonly { readonly answer: string; readonly count: number }[];
  }[];
  readonly faults: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
};

type About = 'region' | 'vantage' | 'endpoint' | 'nothing';
type Kind = {
  readonly word: string;
  readonly about: About;
  readonly more?: Readonly<Record<string, number>>;
};

const KINDS: Readonly<Record<string, Kind>> = {
  'region-down': { word: 'a whole region goes down', about: 'region' },
  'endpoint-down': { word: 'an endpoint refuses', about: 'endpoint' },
  'endpoint-hung': { word: 'an endpoint hangs', about: 'endpoint' },
  'endpoint-5xx': { word: 'an endpoint answers 500', about: 'endpoint' },
  'endpoint-slow': {
    word: 'an endpoint is slow (900 ms)',
    about: 'endpoint',
    more: { delayMs: 900 },
  },
  'endpoint-wrong-body': { word: 'an endpoint answers nonsense', about: 'endpoint' },
  'endpoint-bad-certificate': { word: 'an endpoint has a bad certificate', about: 'endpoint' },
  'endpoint-flapping': {
    word: 'an endpoint flaps (every 8 s)',
    about: 'endpoint',
    more: { periodMs: 8_000 },
  },
  'hand-edit': {
    word: 'somebody edits a weight by hand (to 20)',
    about: 'endpoint',
    more: { weight: 20 },
  },
  'vantage-down': { word: 'a vantage goes down', about: 'vantage' },
  'vantage-isolated': { word: 'a vantage is cut off', about: 'vantage' },
  'replication-partition': { word: 'a replica of the table is cut off', about: 'vantage' },
  'route53-down': { word: 'Route 53’s API is down', about: 'nothing' },
  'route53-throttled': { word: 'Route 53 throttles', about: 'nothing' },
};

export function Faults({ world }: { world: WorldSeen }) {
  const [kind, setKind] = useState('region-down');
  const [chosen, setTarget] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const { about, more } = KINDS[kind] ?? { about: 'nothing' as const };
  const targets = targetsOf(world, about);
  const target = targets.includes(chosen) ? chosen : (targets[1] ?? targets[0] ?? '');

  const breakIt = async (): Promise<void> => {
    const answer = await ask('/world/faults', {
      method: 'POST',
      body: { kind, ...more, ...fieldsOf(about, target) },
    });
    setProblem(answer.ok ? null : answer.problem.detail);
    refresh();
  };
  const heal = async (id: string): Promise<void> => {
    const answer = await ask(`/world/faults/${encodeURIComponent(id)}`, { method: 'DELETE' });
    setProblem(answer.ok ? null : answer.problem.detail);
    refresh();
  };

  return (
    <Section
      id="faults"
      title="Break something"
      about="This is a local world on your own machine: nothing here reaches AWS."
    >
      <div class="card">
        <div class="row fields">
          <Choice
            label="what happens"
            value={kind}
            values={Object.keys(KINDS)}
            words={Object.fromEntries(Object.entries(KINDS).map(([id, { word }]) => [id, word]))}
            onChange={setKind}
          />
          {targets.length === 0 ? null : (
            <Choice label="to" value={target} values={targets} onChange={setTarget} />
          )}
          <Button kind="danger" onClick={() => void breakIt()}>
            Break it
          </Button>
        </div>
        {problem === null ? null : (
          <p class="reason bad" role="alert">
            {problem}
          </p>
        )}
        {world.faults.length === 0 ? (
          <p class="quiet-text">Nothing is broken.</p>
        ) : (
          <ul class="faults">
            {world.faults.map(({ id, kind: name, ...fields }) => (
              <li key={id}>
                <Badge tone="bad">
                  {KINDS[String(name)]?.word ?? String(name)}: {Object.values(fields).join(' ')}
                </Badge>{' '}
                <Button label={`Heal fault ${id}`} onClick={() => void heal(id)}>
                  Heal
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}

const SEPARATOR = ' / ';

function targetsOf({ vantages, services }: WorldSeen, about: About): readonly string[] {
  switch (about) {
    case 'region':
      return [...new Set(services.flatMap(({ endpoints }) => endpoints.map((one) => one.region)))];
    case 'vantage':
      return vantages.map(({ vantage }) => vantage);
    case 'endpoint':
      return services.flatMap(({ service, endpoints }) =>
        endpoints.map(({ endpoint }) => `${service}${SEPARATOR}${endpoint}`),
      );
    case 'nothing':
      return [];
  }
}

function fieldsOf(about: About, target: string): Readonly<Record<string, string>> {
  if (about === 'nothing') return {};
  if (about !== 'endpoint') return { [about]: target };
  const [service = '', endpoint = ''] = target.split(SEPARATOR);
  return { service, endpoint };
}

/** Service → endpoint → share of the answers that DNS last gave. */
export function answersOf(
  world: WorldSeen | null,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  return new Map(
    (world?.services ?? []).flatMap(({ service, endpoints, dnsAnswers }) => {
      const all = dnsAnswers.reduce((sum, { count }) => sum + count, 0);
      if (all === 0) return [];
      const shares = endpoints.map(({ endpoint, address }) => {
        const count = dnsAnswers.find(({ answer }) => answer === address)?.count ?? 0;
        return [endpoint, (count * 100) / all] as const;
      });
      return [[service, new Map(shares)] as const];
    }),
  );
}
