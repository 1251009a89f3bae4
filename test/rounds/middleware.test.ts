/** The one stack around every function: errors sorted, metrics flushed, EMF as CloudWatch reads it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { alarmsOf } from '../../scripts/package/alarms.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { vantageId } from '../../shared/core/model.ts';
import { isSent, lambdaStack, type Telemetry } from '../../shared/middleware.ts';
import { fakeClock } from '../fakes/fake-clock.ts';

const DIMENSIONS = { vantage: 'eu-west-1' };
const CONTEXT = { getRemainingTimeInMillis: () => 30_000 } as Context;

describe('the stack', () => {
  it('gives the function’s result', async () => {
    const { telemetry, told } = record();

    const result = await invoke(telemetry, async (event) => ({ heard: event }));

    expect(result).toEqual({ heard: 'event' });
    expect(told).toEqual(['flush']);
  });

  it('makes a retryable error the result, counted before the metrics go out', async () => {
    const { telemetry, told } = record();

    const result = await invoke(telemetry, async () => {
      throw new QuorateError('ZONE_THROTTLED', 'Route 53 asks for patience');
    });

    expect(result).toEqual({ error: 'ZONE_THROTTLED', message: 'Route 53 asks for patience' });
    expect(told).toEqual([
      'metric OperatingErrors 1',
      'warn Route 53 asks for patience ZONE_THROTTLED',
      'flush',
    ]);
  });

  it.each([
    [
      'an error that is not retryable',
      new QuorateError('CONFIG_INVALID', 'no vantage'),
      'CONFIG_INVALID',
    ],
    ['a bug', new TypeError('x is not a function'), 'TypeError'],
  ])('fails on %s, counted and logged once', async (_, error, code) => {
    const { telemetry, told } = record();

    const failing = invoke(telemetry, async () => {
      throw error;
    });

    await expect(failing).rejects.toBe(error);
    expect(told).toEqual(['metric Failures 1', `error ${error.message} ${code}`, 'flush']);
  });

  it('aborts the work 3 s before the platform would end it', async () => {
    const clock = fakeClock();
    const { telemetry } = record();
    const handler = lambdaStack(
      { telemetry, clock },
      DIMENSIONS,
      (_event, { signal, remainingMs }) =>
        clock.sleep(60_000, signal).catch(() => ({ remainingMs, at: clock.now() })),
    );
    const startedAt = clock.now();

    const result = await clock.runUntil(handler({}, CONTEXT));

    expect(result).toEqual({ remainingMs: 27_000, at: startedAt + 27_000 });
    expect(clock.waiting()).toBe(0);
  });
});

describe('telemetry in Lambda', () => {
  it('prints EMF with the vantage as its only dimension, and one JSON object per log entry', async () => {
    const lines = await printed(`
      const telemetry = makeTelemetry({ functionName: 'probe', logLevel: 'INFO', namespace: 'Quorate/test', region: 'eu-west-1' });
      const vantage = { vantage: 'eu-west-1' };
      telemetry.metric({ name: 'ProbesFailed', unit: 'count', value: 2, dimensions: vantage });
      telemetry.metric({ name: 'ReportSize', unit: 'bytes', value: 900, dimensions: vantage });
      telemetry.metric({ name: 'Commits', unit: 'count', value: 1, dimensions: { service: 'app' } });
      telemetry.flush();
      telemetry.flush();
      telemetry.log({ level: 'debug', message: 'not at this level' });
      telemetry.log({ level: 'info', message: 'quorum round', round: 7, service: 'app' });
    `);

    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      vantage: 'eu-west-1',
      ProbesFailed: 2,
      ReportSize: 900,
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'Quorate/test',
            Dimensions: [['vantage']],
            Metrics: [
              { Name: 'ProbesFailed', Unit: 'Count' },
              { Name: 'ReportSize', Unit: 'Bytes' },
            ],
          },
        ],
      },
    });
    expect(lines[1]).toMatchObject({
      service: 'app',
      Commits: 1,
      _aws: { CloudWatchMetrics: [{ Dimensions: [['service']] }] },
    });
    expect(lines[2]).toMatchObject({
      level: 'INFO',
      message: 'quorum round',
      region: 'eu-west-1',
      round: 7,
      service: 'quorate-probe',
      serviceId: 'app',
    });
  });

  it('says which levels are dropped, so that their sentences need not be made', async () => {
    const lines = await printed(`
      const at = (logLevel) => makeTelemetry({ functionName: 'probe', logLevel, namespace: 'Quorate/test' });
      const levels = ['debug', 'info', 'warn', 'error'];
      const kept = (logLevel) => levels.filter(at(logLevel).keeps);
      console.log(JSON.stringify([kept('DEBUG'), kept('INFO'), kept('ERROR'), kept('SILENT')]));
    `);

    expect(lines).toEqual([
      [['debug', 'info', 'warn', 'error'], ['info', 'warn', 'error'], ['error'], []],
    ]);
  });

  it('pays for no metric of what did not happen, unless an alarm must see that it is well again', () => {
    const at = (name: string, value: number, dimensions: Record<string, string>): boolean =>
      isSent({ name, unit: 'count', value, dimensions });
    const region = { vantage: 'eu-west-1' };

    expect(at('Drift', 0, region)).toBe(false);
    expect(at('Drift', 1, region)).toBe(true);
    expect(at('AutomationOff', 0, { service: 'app' })).toBe(false);
    for (const alarm of alarmsOf({ vantages: [vantageId('eu-west-1')] })) {
      const waitsForGood = alarm.statistic === 'Minimum' || alarm.is === 'below';
      expect([alarm.metric, at(alarm.metric, 0, region)]).toEqual([alarm.metric, waitsForGood]);
    }
  });

  it('prints nothing where it is redirected', async () => {
    const lines = await printed(`
      const telemetry = makeTelemetry(
        { functionName: 'probe', logLevel: 'INFO', namespace: 'Quorate/test' },
        { log: () => undefined },
      );
      telemetry.metric({ name: 'A', unit: 'count', value: 2, dimensions: {} });
      telemetry.log({ level: 'error', message: 'a' });
      telemetry.flush();
    `);

    expect(lines).toEqual([]);
  });
});

function invoke<T>(telemetry: Telemetry, run: (event: string) => Promise<T>): Promise<unknown> {
  const clock = fakeClock();
  return lambdaStack({ telemetry, clock }, DIMENSIONS, run)('event', CONTEXT);
}

function record(): { readonly telemetry: Telemetry; readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    telemetry: {
      log: ({ level, message, code }) => told.push(`${level} ${message} ${code}`),
      keeps: () => true,
      metric: ({ name, value }) => told.push(`metric ${name} ${value}`),
      flush: () => told.push('flush'),
      middlewares: [],
    },
  };
}

/** In a process of its own, because Powertools writes to the process's output itself. */
async function printed(script: string): Promise<readonly unknown[]> {
  const code = `import { makeTelemetry } from './shared/middleware.ts';${script}`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', code],
    { env: { AWS_LAMBDA_FUNCTION_NAME: 'quorate-probe', AWS_REGION: 'eu-west-1' } },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
