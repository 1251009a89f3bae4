/**
 * Metric families → text for Prometheus, in one of its two formats: OpenMetrics 1.0, or the older text format
 * 0.0.4 for readers that ask for it. They differ in a counter's name and in the last line. Label names and metric
 * names are this project's own; label values are escaped, whatever they hold.
 */
export type Sample = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type Family = {
  /** Of a counter: without `_total`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Base units; the name ends in it. */
  readonly unit?: 'seconds' | 'ratio';
  readonly samples: readonly Sample[];
};

export const METRICS_FORMATS = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
} as const;
export type MetricsFormat = keyof typeof METRICS_FORMATS;

/** In the order given. A family without a sample is left out: a gap is a gap. */
export function metricsText(families: readonly Family[], format: MetricsFormat): string {
  const isOpen = format === 'openmetrics';
  const blocks = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, unit, samples }) => {
      const total = type === 'counter' ? `${name}_total` : name;
      const family = isOpen ? name : total;
      return [
        `# TYPE ${family} ${type}`,
        ...(isOpen && unit !== undefined ? [`# UNIT ${family} ${unit}`] : []),
        `# HELP ${family} ${escaped(help, isOpen)}`,
        ...samples.map(({ labels, value }) => `${total}${labelsText(labels)} ${value}`),
      ];
    });
  return [...blocks, ...(isOpen ? ['# EOF'] : []), ''].join('\n');
}

function labelsText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, true)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string, withQuotes: boolean): string => {
  const lines = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return withQuotes ? lines.replaceAll('"', '\\"') : lines;
};

/** What a scrape's `Accept` asks for; the older format where it names neither. */
export const formatFor = (accept: string | undefined): MetricsFormat =>
  accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
