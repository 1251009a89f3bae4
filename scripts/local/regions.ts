/**
 * One region of the deployment: its production functions, invoked by their own schedules, by the stream of
 * its own replica, by each other and by whoever calls the API, as on AWS. In: how to make the functions and where it is. Out: errors,
 * told to whoever listens. A region that goes down loses its processes with all they remember,
 * and comes back with cold starts.
 */
import type { Context, DynamoDBRecord } from 'aws-lambda';
import type { Clock } from '../../shared/ports.ts';
import {
  type FunctionName,
  lambdaContext,
  runSchedule,
  SCHEDULED,
  type ScheduledFunction,
  scheduledEvent,
} from './scheduler.ts';

export type Handler = (event: unknown, context: Context) => Promise<unknown>;
export type Functions = Readonly<Record<FunctionName, Handler>>;

export type RegionOptions = {
  readonly deployment: string;
  readonly vantage: string;
  /** The world's; what the functions themselves read may be skewed. */
  readonly clock: Clock;
  /** A minute each on AWS. */
  readonly periodsMs: Readonly<Record<ScheduledFunction, number>>;
  /** A cold start: `stop` ends whatever runs, as a killed process would. */
  readonly start: (stop: AbortSignal) => Functions;
  readonly onError: (name: FunctionName, error: unknown) => void;
};

export type Region = AsyncDisposable & {
  readonly vantage: string;
  /** True: nothing runs here until it is set to false again. */
  readonly setDown: (isDown: boolean) => Promise<void>;
  /** A batch of the replica's stream; resolves when the function is done with it. */
  readonly takeStream: (records: readonly DynamoDBRecord[]) => Promise<void>;
  /** One invocation outside the schedule, for drills that race writers. */
  readonly invoke: (name: ScheduledFunction) => Promise<unknown>;
  /** By another function, or by whoever calls its URL; rejects where it fails or nothing runs here. */
  readonly call: (name: FunctionName, event: unknown, qualifier?: string) => Promise<unknown>;
};

type Incarnation = {
  readonly stop: AbortController;
  readonly functions: Functions;
  readonly running: Set<Promise<unknown>>;
  readonly schedules: readonly Promise<void>[];
};

export function openRegion(options: RegionOptions): Region {
  const { deployment, vantage, clock, periodsMs } = options;
  const place = { deployment, vantage };
  let life: Incarnation | undefined;

  const start = (
    { functions, running, stop }: Omit<Incarnation, 'schedules'>,
    name: FunctionName,
    event: unknown,
    qualifier?: string,
  ): Promise<unknown> => {
    const periodMs = name === 'api' ? 0 : periodsMs[name];
    const context = lambdaContext(place, name, clock, periodMs, qualifier);
    const result = functions[name](event, context);
    const ended = result.catch((error: unknown) => {
      // What a killed process leaves behind is no error of the function.
      if (!stop.signal.aborted) options.onError(name, error);
      return undefined;
    });
    running.add(ended);
    void ended.finally(() => running.delete(ended));
    return result;
  };

  /** Nobody hears of its end: errors are told, and are no answer. */
  const run = (
    life: Omit<Incarnation, 'schedules'>,
    name: FunctionName,
    event: unknown,
  ): Promise<unknown> => start(life, name, event).catch(() => undefined);

  const boot = (): Incarnation => {
    const stop = new AbortController();
    const started = {
      stop,
      functions: options.start(stop.signal),
      running: new Set<Promise<unknown>>(),
    };
    const schedules = SCHEDULED.map((name) =>
      runSchedule({
        clock,
        periodMs: periodsMs[name],
        signal: stop.signal,
        invoke: (at) => void run(started, name, scheduledEvent(place, name, at)),
      }),
    );
    return { ...started, schedules };
  };

  const kill = async (): Promise<void> => {
    const ending = life;
    life = undefined;
    if (!ending) return;
    ending.stop.abort(new Error(`${vantage} is stopped`));
    await Promise.all([...ending.running, ...ending.schedules]);
  };

  life = boot();
  return {
    vantage,
    async setDown(isDown) {
      if (isDown) await kill();
      else life ??= boot();
    },
    async takeStream(records) {
      const wanted = records.filter(passesFilter);
      if (life && wanted.length > 0) await run(life, 'quorum', { Records: wanted });
    },
    async invoke(name) {
      return life ? run(life, name, scheduledEvent(place, name, clock.now())) : undefined;
    },
    async call(name, event, qualifier) {
      if (!life) throw new Error(`${vantage} is down`);
      return start(life, name, event, qualifier);
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** The event source mapping's filter: reports of vantages that changed a vote. */
const passesFilter = ({ eventName, dynamodb }: DynamoDBRecord): boolean =>
  eventName !== 'REMOVE' &&
  dynamodb?.Keys?.pk?.S?.startsWith('report#') === true &&
  dynamodb.NewImage?.changed?.BOOL === true;
