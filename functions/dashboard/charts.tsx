/**
 * Latency and availability of one endpoint at a time: every vantage's p95 beside each other, or one
 * vantage's p50, p95 and p99. Availability is a strip per vantage with a cell per minute.
 */
import { useState } from 'preact/hooks';
import type { LatencyDocument } from '../../shared/api/latency.ts';
import type { ServiceShown } from '../../shared/api/status.ts';
import { Scroll, Section } from './parts.tsx';
import { type Line, Plot } from './plot.tsx';
import { useResource } from './resource.ts';
import { clockTime, measured, percent, plural, span } from './words.ts';

type Series = LatencyDocument['series'][number];

const EVERY_MS = 15_000;
const SPANS = {
  minute: { word: 'by the minute, last hour', cells: 60, from: '1h' },
  hour: { word: 'by the hour, last 3 days', cells: 72, from: '3d' },
} as const;
type Span = keyof typeof SPANS;

export function Charts({ service, now }: { service: ServiceShown; now: number }) {
  const [spanName, setSpan] = useState<Span>('minute');
  const [wanted, setEndpoint] = useState<string | null>(null);
  const [vantage, setVantage] = useState('all');
  const path = `/v1/services/${encodeURIComponent(service.service)}/latency?span=${spanName}&from=${SPANS[spanName].from}`;
  const { data, failure } = useResource<LatencyDocument>(path, EVERY_MS);
  const ids = service.endpoints.map(({ endpoint }) => endpoint);
  const endpoint = wanted !== null && ids.includes(wanted) ? wanted : (ids[0] ?? '');
  const series = (data?.series ?? []).filter((one) => one.endpoint === endpoint);
  const vantages = series.map((one) => one.vantage);
  const chosen = vantages.includes(vantage) ? vantage : 'all';
  return (
    <Section id="charts" title="Latency and availability">
      <div class="card">
        <div class="row fields">
          <Choice label="endpoint" value={endpoint} values={ids} onChange={setEndpoint} />
          <Choice
            label="seen from"
            value={chosen}
            values={['all', ...vantages]}
            words={{ all: 'all vantages (p95)' }}
            onChange={setVantage}
          />
          <Choice
            label="span"
            value={spanName}
            values={Object.keys(SPANS)}
            words={{ minute: SPANS.minute.word, hour: SPANS.hour.word }}
            onChange={(value) => setSpan(value === 'hour' ? 'hour' : 'minute')}
          />
        </div>
        {data === null ? (
          <p class="quiet-text">
            {failure === null ? 'Loading…' : `Not known now: ${failure.problem.detail}`}
          </p>
        ) : series.every(({ points }) => points.length === 0) ? (
          <p class="quiet-text">Nothing counted yet: the first point comes after a minute.</p>
        ) : (
          <>
            <Latency series={series} vantage={chosen} endpoint={endpoint} />
            <Availability series={series} cells={SPANS[spanName].cells} />
          </>
        )}
        <LastProbes series={series} now={now} />
      </div>
    </Section>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly words?: Readonly<Record<string, string>>;
  readonly onChange: (value: string) => void;
};

export const Choice = ({ label, value, values, words = {}, onChange }: ChoiceProps) => (
  <label class="field">
    <span>{label}</span>
    <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {values.map((one) => (
        <option key={one} value={one}>
          {words[one] ?? one}
        </option>
      ))}
    </select>
  </label>
);

const COLOURS = ['--plot-1', '--plot-2', '--plot-3', '--plot-4', '--plot-5', '--plot-6'];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 4], [12, 4, 2, 4], [4, 2], [1, 2]];
const lineOf = (label: string, position: number): Line => ({
  label,
  colour: COLOURS[position % COLOURS.length] ?? '--plot-1',
  dash: DASHES[position % DASHES.length] ?? [],
});

type LatencyProps = {
  readonly series: readonly Series[];
  readonly vantage: string;
  readonly endpoint: string;
};

function Latency({ series, vantage, endpoint }: LatencyProps) {
  const one = series.find((each) => each.vantage === vantage);
  const shown = one === undefined ? series : [one];
  const times = [...new Set(shown.flatMap(({ points }) => points.map(({ at }) => at)))].sort(
    (a, b) => a - b,
  );
  const valuesOf = (of: Series, figure: 'p50Ms' | 'p95Ms' | 'p99Ms'): (number | null)[] => {
    const known = new Map(of.points.map((point) => [point.at, point[figure]]));
    return times.map((at) => known.get(at) ?? null);
  };
  const lines =
    one === undefined
      ? series.map((each, position) => lineOf(each.vantage, position))
      : ['p50', 'p95', 'p99'].map(lineOf);
  const values =
    one === undefined
      ? series.map((each) => valuesOf(each, 'p95Ms'))
      : (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((figure) => valuesOf(one, figure));
  const newest = lines.map((line, position) => {
    const value = values[position]?.findLast((each) => each !== null);
    return `${line.label} ${value === undefined || value === null ? 'none' : `${Math.round(value)} ms`}`;
  });
  return (
    <Plot
      label={`Latency of ${endpoint}, newest: ${newest.join(', ')}`}
      {...{ lines, times, values, unit: 'ms' }}
    />
  );
}

function Availability({ series, cells }: { series: readonly Series[]; cells: number }) {
  return (
    <div class="availability">
      <h3>Availability</h3>
      {series.map(({ vantage, points }) => {
        const shown = points.slice(-cells);
        const passes = shown.reduce((sum, point) => sum + point.passes, 0);
        const all = shown.reduce((sum, point) => sum + point.passes + point.failures, 0);
        const text = all === 0 ? 'nothing counted' : `${percent((passes * 100) / all)} of ${all}`;
        return (
          <div key={vantage} class="strip-row">
            <span class="strip-name">{vantage}</span>
            <span class="cells" role="img" aria-label={`${vantage}: ${text} probes passed`}>
              {shown.map(({ at, passes: up, failures, skipped }) => (
                <span
                  key={at}
                  class={`cell ${up + failures === 0 ? 'none' : failures === 0 ? 'all' : up === 0 ? 'no' : 'some'}`}
                  title={`${clockTime(at)}: ${up} passed, ${failures} failed, ${skipped} skipped`}
                />
              ))}
            </span>
            <span class="strip-figure">{text}</span>
          </div>
        );
      })}
      <p class="legend">
        <span>
          <span class="cell all" aria-hidden="true" /> all passed
        </span>
        <span>
          <span class="cell some" aria-hidden="true" /> some failed
        </span>
        <span>
          <span class="cell no" aria-hidden="true" /> all failed
        </span>
        <span>
          <span class="cell none" aria-hidden="true" /> none counted
        </span>
      </p>
    </div>
  );
}

function LastProbes({ series, now }: { series: readonly Series[]; now: number }) {
  const known = series.flatMap(({ vantage, last }) => (last === null ? [] : [{ vantage, last }]));
  if (known.length === 0) return null;
  const figure = (ms: number | null): string => (ms === null ? '–' : `${Math.round(ms)}`);
  return (
    <details>
      <summary>The newest probe of {plural(known.length, 'vantage')}, phase by phase</summary>
      <Scroll label="Newest probes">
        <table class="figures-table">
          <thead>
            <tr>
              <th scope="col">vantage</th>
              <th scope="col">result</th>
              <th scope="col">total</th>
              <th scope="col">DNS</th>
              <th scope="col">connect</th>
              <th scope="col">TLS</th>
              <th scope="col">first byte</th>
              <th scope="col">rest</th>
              <th scope="col">certificate</th>
              <th scope="col">age</th>
            </tr>
          </thead>
          <tbody>
            {known.map(({ vantage, last }) => (
              <tr key={vantage}>
                <th scope="row">{vantage}</th>
                <td>
                  {last.passed ? 'pass' : (last.code ?? 'failed')}
                  {last.status === null ? '' : ` ${last.status}`}
                </td>
                <td>{figure(last.totalMs)}</td>
                <td>{figure(last.resolveMs)}</td>
                <td>{figure(last.connectMs)}</td>
                <td>{figure(last.tlsMs)}</td>
                <td>{figure(last.firstByteMs)}</td>
                <td>{figure(last.transferMs)}</td>
                <td>
                  {last.certificateEndsAt === null ? '–' : `${span(last.certificateEndsAt - now)}`}
                </td>
                <td>{measured(Math.max(0, now - last.at))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="quiet-text">Milliseconds; certificate: until it ends.</p>
    </details>
  );
}
