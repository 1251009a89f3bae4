/**
 * One uPlot chart that follows its box, the colour scheme and new data. The canvas is for eyes; what it
 * says stands in words beside it, by whoever uses this part.
 */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

export type Line = {
  readonly label: string;
  /** Name of a CSS variable. */
  readonly colour: string;
  readonly dash?: readonly number[];
};

type Props = {
  readonly label: string;
  readonly lines: readonly Line[];
  /** Epoch ms. */
  readonly times: readonly number[];
  readonly values: readonly (readonly (number | null)[])[];
  readonly unit: string;
};

const HEIGHT = 190;
const dark = matchMedia('(prefers-color-scheme: dark)');

export function Plot({ label, lines, times, values, unit }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [
    times.map((ms) => ms / 1_000),
    ...values.map((line) => [...line]),
  ];
  const newest = useRef(data);
  newest.current = data;
  const key = lines.map((line) => line.label + line.colour).join();

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsOf(lines, unit, Math.max(240, element.clientWidth)),
        newest.current,
        element,
      );
    };
    make();
    const sizes = new ResizeObserver(() => {
      plot.current?.setSize({ width: Math.max(240, element.clientWidth), height: HEIGHT });
    });
    sizes.observe(element);
    dark.addEventListener('change', make);
    return () => {
      dark.removeEventListener('change', make);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [key, unit]);

  useEffect(() => {
    plot.current?.setData(newest.current);
  });

  return <div class="plot" ref={box} role="img" aria-label={label} />;
}

function optionsOf(lines: readonly Line[], unit: string, width: number): uPlot.Options {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string): string => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(10, (high ?? 0) * 1.1)] } },
    axes: [
      {
        ...axis,
        incrs: MINUTES.map((count) => count * 60),
        values: (_plot, ticks) => ticks.map(utc),
      },
      { ...axis, size: 72, values: (_plot, ticks) => ticks.map((value) => `${value} ${unit}`) },
    ],
    series: [
      { label: 'time', value: (_plot, at) => (at === null ? '–' : utc(at)) },
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 2,
        spanGaps: false,
        points: { show: lines.length < 4, size: 4 },
        ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
        value: (_plot: uPlot, value: number | null) =>
          value === null || value === undefined ? '–' : `${Math.round(value)} ${unit}`,
      })),
    ],
  };
}

/** No tick is finer than what is counted. */
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880];

const utc = (seconds: number): string =>
  `${new Date(seconds * 1_000).toISOString().slice(11, 16)}Z`;
