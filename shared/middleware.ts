/**
 * The one middy stack around every function: context in the log, one JSON object per entry, metrics as
 * EMF, errors sorted into those that the next round mends and those that must alarm. Where both log and
 * metrics are redirected (local world, tests) Powertools is not made at all, so nothing is printed.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import type { LogLevel } from '@aws-lambda-powertools/logger/types';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { type ErrorCode, QuorateError } from './core/errors.ts';
import { byText } from './core/model.ts';
import type { Clock } from './ports.ts';

/** What is left for the answer and the last log line once the work was told to stop. */
const RESERVE_MS = 3_000;

/** One line of the log. Never a header value, a body or a secret: fields are named one by one. */
export type LogEntry = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
};
export type MetricEntry = {
  readonly name: string;
  readonly unit: 'count' | 'milliseconds' | 'bytes';
  readonly value: number;
  /** `vantage` or `service`, never `endpoint`: each value of a dimension is paid for. */
  readonly dimensions: Readonly<Record<string, string>>;
};

export type TelemetryOverrides = {
  readonly log?: (entry: LogEntry) => void;
  /** Levels that anybody reads; absent: all. */
  readonly keeps?: (level: LogEntry['level']) => boolean;
  readonly metric?: (entry: MetricEntry) => void;
};

export type Telemetry = {
  readonly log: (entry: LogEntry) => void;
  /** False: an entry of this level is dropped, so the sentences in it need not be made. */
  readonly keeps: (level: LogEntry['level']) => boolean;
  readonly metric: (entry: MetricEntry) => void;
  /** Prints the metrics kept so far: a run of two minutes must not tell everything at its end. */
  readonly flush: () => void;
  readonly middlewares: readonly MiddlewareObj[];
};

/** Ascending, in Powertools' own words. */
const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'];

const UNITS = {
  count: MetricUnit.Count,
  milliseconds: MetricUnit.Milliseconds,
  bytes: MetricUnit.Bytes,
} as const satisfies Record<MetricEntry['unit'], string>;

/** With `log` redirected, metrics that are not redirected too are dropped: both belong to one world. */
export function makeTelemetry(
  settings: {
    readonly functionName: string;
    readonly logLevel: string;
    /** Of its metrics. */
    readonly namespace: string;
    /** Where it runs: in every line. */
    readonly region?: string;
  },
  overrides: TelemetryOverrides = {},
): Telemetry {
  if (overrides.log) {
    return {
      log: overrides.log,
      keeps: overrides.keeps ?? (() => true),
      metric: overrides.metric ?? (() => undefined),
      flush: () => undefined,
      middlewares: [],
    };
  }
  const logger = new Logger({
    serviceName: `quorate-${settings.functionName}`,
    logLevel: settings.logLevel as LogLevel,
    ...(settings.region === undefined ? {} : { persistentKeys: { region: settings.region } }),
  });
  const metrics = emfMetrics(settings.namespace);
  return {
    // `service` is Powertools' own word for the function and reserved: it would drop ours.
    log: ({ level, message, service, ...fields }) =>
      logger[level](message, service === undefined ? fields : { serviceId: service, ...fields }),
    keeps: (level) =>
      LOG_LEVELS.indexOf(level.toUpperCase()) >= LOG_LEVELS.indexOf(logger.getLevelName()),
    metric: overrides.metric ?? metrics.metric,
    flush: metrics.flush,
    middlewares: [injectLambdaContext(logger, { resetKeys: true, logEvent: false })],
  };
}

/**
 * A metric is paid for in each hour that holds a value of it, so what did not happen is not sent. But an
 * alarm that waits for a value to stay bad, or to fall, must see when it is good.
 */
export const isSent = ({ name, unit, value, dimensions }: MetricEntry): boolean =>
  unit !== 'count' || value !== 0 || ('vantage' in dimensions && SENT_AT_ZERO.has(name));

const SENT_AT_ZERO: ReadonlySet<string> = new Set([
  'AutomationOff',
  'DecidingRegions',
  'DecisionRounds',
  'RoundsWritten',
  'SilentVantages',
]);

/** One EMF document per set of dimensions; Powertools' own `service` dimension is taken off. */
function emfMetrics(namespace: string): Pick<Telemetry, 'metric' | 'flush'> {
  const sets = new Map<string, Metrics>();
  const metricsOf = (dimensions: MetricEntry['dimensions']): Metrics => {
    const key = JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => byText(a, b)));
    const known = sets.get(key);
    if (known) return known;
    const made = new Metrics({ namespace });
    made.clearDefaultDimensions();
    made.setDefaultDimensions({ ...dimensions });
    sets.set(key, made);
    return made;
  };
  return {
    metric: (entry) => {
      const { name, unit, value, dimensions } = entry;
      if (isSent(entry)) metricsOf(dimensions).addMetric(name, UNITS[unit], value);
    },
    flush: () => {
      for (const metrics of sets.values()) {
        if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
      }
    },
  };
}

/** An operating error that the next round mends, as the function's result. */
export type FailedResult = { readonly error: ErrorCode; readonly message: string };

export type LambdaHandler<TEvent, TResult> = (
  event: TEvent,
  context: Context,
) => Promise<TResult | FailedResult>;

export type Invocation = {
  /** Aborts in time to answer before the platform ends the invocation. */
  readonly signal: AbortSignal;
  /** Until then. */
  readonly remainingMs: number;
  /** As the platform gave it: which function was called, and the invocation's id. */
  readonly context: Context;
};

/**
 * The stack. Retryable errors are counted and become the result, because the next round is the retry
 * and a failed invocation would only be noise; all others fail the invocation, and alarm.
 */
export function lambdaStack<TEvent, TResult>(
  { telemetry, clock }: { readonly telemetry: Telemetry; readonly clock: Clock },
  dimensions: MetricEntry['dimensions'],
  run: (event: TEvent, invocation: Invocation) => Promise<TResult>,
): LambdaHandler<TEvent, TResult> {
  const stack = middy<TEvent, TResult | FailedResult>({ timeoutEarlyInMillis: 0 });
  for (const middleware of telemetry.middlewares) stack.use(middleware);
  stack
    .use(flushAtEnd(telemetry))
    .use(sortErrors(telemetry, dimensions))
    .handler((event, context) => {
      const remainingMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
      return clock.withDeadline(remainingMs, new AbortController().signal, (signal) =>
        run(event, { signal, remainingMs, context }),
      );
    });
  return async (event, context) => await stack(event, context);
}

/** Runs after `sortErrors` has counted: middy takes error middlewares in reverse. */
function flushAtEnd(telemetry: Telemetry): MiddlewareObj {
  // In braces: middy takes whatever a middleware returns for the response.
  const flush = (): void => {
    telemetry.flush();
  };
  return { after: flush, onError: flush };
}

function sortErrors(telemetry: Telemetry, dimensions: MetricEntry['dimensions']): MiddlewareObj {
  const count = (name: string): void =>
    telemetry.metric({ name, unit: 'count', value: 1, dimensions });
  return {
    onError: (request) => {
      const { error } = request;
      if (error instanceof QuorateError && error.retryable) {
        count('OperatingErrors');
        telemetry.log({ level: 'warn', message: error.message, code: error.code });
        request.response = { error: error.code, message: error.message };
        return;
      }
      count('Failures');
      telemetry.log({
        level: 'error',
        message: error?.message ?? 'unknown error',
        code: error instanceof QuorateError ? error.code : (error?.name ?? 'Error'),
        stack: error?.stack,
      });
    },
  };
}
