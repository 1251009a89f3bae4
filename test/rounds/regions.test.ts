import type { Context, DynamoDBRecord, ScheduledEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type Handler, openRegion, type Region } from '../../scripts/local/regions.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';

describe('a region of the local world', () => {
  it('invokes what has a schedule at once, with the event and context of Lambda', async () => {
    const calls: Call[] = [];
    await using region = open({ calls });

    const [probe, quorum, notify] = calls;

    expect(region.vantage).toBe('us-east-1');
    expect(calls).toHaveLength(3);
    expect(notify?.context.functionName).toBe('quorate-test-notify');
    expect(probe?.event).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:123456789012:rule/quorate-test-probe-schedule'],
    });
    expect((probe!.event as ScheduledEvent).time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(quorum?.context.functionName).toBe('quorate-test-quorum');
    const remainingMs = probe?.context.getRemainingTimeInMillis() ?? 0;
    expect(remainingMs).toBeGreaterThan(132_000);
    expect(remainingMs).toBeLessThanOrEqual(133_000);
    expect(quorum?.context.getRemainingTimeInMillis()).toBeLessThanOrEqual(30_000);
  });

  it('hands only reports that changed a vote to quorum', async () => {
    const calls: Call[] = [];
    await using region = open({ calls });
    calls.length = 0;

    await region.takeStream([
      record('report#eu-west-1', true),
      record('report#us-west-2', false),
      record('head#eu-west-1', true),
      { ...record('report#us-east-1', true), eventName: 'REMOVE' },
    ]);
    await region.takeStream([record('decision#app', false)]);

    expect(calls).toHaveLength(1);
    expect(calls[0]?.name).toBe('quorum');
    expect(calls[0]?.event).toEqual({ Records: [record('report#eu-west-1', true)] });
  });

  it('loses its processes when it goes down, and starts afresh', async () => {
    const calls: Call[] = [];
    const starts: AbortSignal[] = [];
    const errors: unknown[] = [];
    await using region = open({ calls, starts, errors, handler: untilStopped });
    calls.length = 0;

    await region.setDown(true);
    await region.takeStream([record('report#eu-west-1', true)]);
    const whileDown = calls.length;
    await region.setDown(false);
    await region.setDown(false);

    expect(whileDown).toBe(0);
    expect(starts.map((signal) => signal.aborted)).toEqual([true, false]);
    expect(calls.map(({ name }) => name)).toEqual(['probe', 'quorum', 'notify']);
    expect(errors).toEqual([]);
  });

  it('tells when a function ends with an error, and goes on', async () => {
    const errors: unknown[] = [];
    const broken = async (): Promise<never> => {
      throw new Error('it broke');
    };
    await using region = open({ errors, handler: () => broken });

    await region.invoke('quorum');

    expect(errors).toHaveLength(4);
    expect(String(errors[0])).toContain('it broke');
  });
  it('is called by whoever asks its API, under the alias that was asked', async () => {
    const calls: Call[] = [];
    await using region = open({ calls });
    calls.length = 0;

    await region.call('api', { rawPath: '/' });
    await region.call('api', { rawPath: '/' }, 'read');
    await region.setDown(true);

    expect(calls.map(({ context }) => context.invokedFunctionArn)).toEqual([
      'arn:aws:lambda:us-east-1:123456789012:function:quorate-test-api',
      'arn:aws:lambda:us-east-1:123456789012:function:quorate-test-api:read',
    ]);
    await expect(region.call('api', {})).rejects.toThrow('us-east-1 is down');
  });

  it('lets whoever called a function know that it failed', async () => {
    const errors: unknown[] = [];
    const broken = async (): Promise<never> => {
      throw new Error('it broke');
    };
    await using region = open({ errors, handler: () => broken });

    await expect(region.call('api', {})).rejects.toThrow('it broke');
    expect(errors).toHaveLength(4);
  });
});

type Call = { readonly name: string; readonly event: unknown; readonly context: Context };

function open({
  calls = [],
  starts = [],
  errors = [],
  handler = () => async () => undefined,
}: {
  readonly calls?: Call[];
  readonly starts?: AbortSignal[];
  readonly errors?: unknown[];
  readonly handler?: (stop: AbortSignal) => Handler;
}): Region {
  return openRegion({
    deployment: 'quorate-test',
    vantage: 'us-east-1',
    clock: systemClock(),
    periodsMs: { probe: 60_000, quorum: 60_000, notify: 60_000 },
    start: (stop) => {
      starts.push(stop);
      const named =
        (name: string): Handler =>
        async (event, context) => {
          calls.push({ name, event, context });
          return handler(stop)(event, context);
        };
      return {
        probe: named('probe'),
        quorum: named('quorum'),
        notify: named('notify'),
        api: named('api'),
      };
    },
    onError: (_name, error) => errors.push(error),
  });
}

const untilStopped =
  (stop: AbortSignal): Handler =>
  () =>
    new Promise((_resolve, reject) => {
      stop.addEventListener('abort', () => reject(stop.reason), { once: true });
    });

const record = (pk: string, changed: boolean): DynamoDBRecord => ({
  eventName: 'MODIFY',
  dynamodb: {
    Keys: { pk: { S: pk }, sk: { S: 'now' } },
    NewImage: { pk: { S: pk }, changed: { BOOL: changed } },
  },
});
