/**
 * Lambda and its scheduler: the production handlers as processes that start cold, stay warm, overlap, are
 * throttled, frozen, killed and timed out. Triggers come once a minute and function, not to the second;
 * the stream of a replica has one reader, which waits for the function it called.
 */
import type { Context } from 'aws-lambda';
import type { Config, VantageId } from '../../../shared/core/model.ts';
import type { SimEvent, Simulation } from '../kernel/simulation.ts';
import type { PlaceConditions } from './conditions.ts';
import type { FunctionName, Listener } from './events.ts';
import { newProcess, type Process } from './process.ts';

export type Deployed = Exclude<FunctionName, 'operator'>;
export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** serverless.yml, `timeout`. */
const TIMEOUT_MS = { probe: 140_000, quorum: 60_000, notify: 50_000 } as const;
const MINUTE = 60_000;
/** What is left of a time limit after the host stood still. */
const PAUSE_SLACK_MS = 15_000;

export type LambdaDeps = {
  readonly sim: Simulation;
  readonly places: ReadonlyMap<VantageId, PlaceConditions>;
  readonly tell: Listener;
  /** A cold start: the handler of a new process. */
  readonly make: (process: Process) => Handler;
  readonly functions: readonly Deployed[];
};

type Warm = {
  readonly process: Process;
  readonly handler: Handler;
  isBusy: boolean;
  /** Its host stands still, and with it what would end it. */
  pausedUntilMs: number;
  /** Of what it does now. */
  kill: (() => void) | null;
};

export type Lambda = {
  /** Schedules of a region begin; its functions run this file from now on. Old processes end what they do. */
  readonly deploy: (region: VantageId, config: Config) => void;
  /** Its stack is gone. */
  readonly remove: (region: VantageId) => void;
  readonly configOf: (region: VantageId) => Config | undefined;
  readonly invoke: (region: VantageId, name: Deployed, event: unknown) => void;
  /** The stream of its replica has something. */
  readonly wakeStream: (region: VantageId) => void;
  /** Every process there dies at once, with all it remembers. */
  readonly kill: (region: VantageId, name?: Deployed) => number;
  /** They stop where they are, and go on later as if nothing had been. */
  readonly freeze: (region: VantageId, name: Deployed, ms: number) => number;
  /** This very process; false if it does nothing now. */
  readonly killProcess: (number: number) => boolean;
  /** This very process. `withHost`: its time limit stands still, too, so it may thaw after any time. */
  readonly freezeProcess: (number: number, ms: number, withHost: boolean) => boolean;
  readonly running: (region: VantageId, name: Deployed) => number;
};

type Stack = {
  config: Config;
  life: number;
  readonly warm: Record<Deployed, Warm[]>;
  isStreamBusy: boolean;
  isStreamDue: boolean;
};

export function lambda({ sim, places, tell, make, functions }: LambdaDeps): Lambda {
  const stacks = new Map<VantageId, Stack>();
  const random = sim.random.fork('lambda');
  const placeOf = (region: VantageId): PlaceConditions => places.get(region) as PlaceConditions;
  const alive = (one: Warm): boolean => !one.process.owner.isDead;

  const run = (
    stack: Stack,
    name: Deployed,
    one: Warm,
    event: unknown,
    onEnd: () => void,
  ): void => {
    const { process } = one;
    const { clock, owner, place } = process;
    const startedAtMs = sim.nowMs();
    const endsAtMs = clock.now() + TIMEOUT_MS[name];
    one.isBusy = true;
    let isOver = false;
    const end = (how: 'returned' | 'failed' | 'timed-out' | 'killed', why = ''): void => {
      if (isOver) return;
      isOver = true;
      one.isBusy = false;
      one.kill = null;
      timeout.fire = null;
      tell({
        kind: 'invocation-ended',
        atMs: sim.nowMs(),
        by: process.name,
        startedAtMs,
        how,
        why,
        wasFrozen: process.owner.frozenUntilMs > startedAtMs,
      });
      if (!alive(one) || one.process.name.config !== stack.config) discard(stack, name, one);
      onEnd();
    };
    const die = (how: 'timed-out' | 'killed'): void => {
      if (isOver) return;
      owner.isDead = true;
      end(how);
    };
    // Platform events reach a frozen process, too: they belong to nobody.
    const limit = (ms: number): SimEvent =>
      sim.after(ms, 'function timeout', () => {
        const pausedMs = one.pausedUntilMs - sim.nowMs();
        if (pausedMs > 0) timeout = limit(pausedMs + PAUSE_SLACK_MS);
        else die('timed-out');
      });
    let timeout = limit(TIMEOUT_MS[name]);
    one.kill = () => die('killed');
    if (place.killChance > 0 && random.chance(place.killChance)) {
      sim.after(random.between(0, 12_000), 'killed', () => die('killed'));
    }
    const context = contextOf(stack.config, process, name, () =>
      Math.max(0, endsAtMs - clock.now()),
    );
    one.handler(event, context).then(
      () => end('returned'),
      (error: unknown) => end('failed', error instanceof Error ? error.message : String(error)),
    );
  };
  const discard = (stack: Stack, name: Deployed, one: Warm): void => {
    stack.warm[name] = stack.warm[name].filter((other) => other !== one);
  };
  const start = (region: VantageId, name: Deployed, event: unknown, onEnd: () => void): void => {
    const stack = stacks.get(region);
    const place = placeOf(region);
    if (stack === undefined || place.isDead) {
      onEnd();
      return;
    }
    stack.warm[name] = stack.warm[name].filter(alive);
    const idle = stack.warm[name].find(
      (one) => !one.isBusy && one.process.name.config === stack.config,
    );
    if (idle !== undefined) {
      run(stack, name, idle, event, onEnd);
      return;
    }
    const busy = Object.values(stack.warm).reduce(
      (sum, list) => sum + list.filter((one) => one.isBusy).length,
      0,
    );
    // A clean account has 10 (aws-facts): more run nowhere, and what is asynchronous is discarded.
    if (busy >= place.concurrencyMax || random.chance(place.initFails)) {
      onEnd();
      return;
    }
    const process = newProcess(sim, { region, name, config: stack.config }, place);
    const one: Warm = {
      process,
      handler: make(process),
      isBusy: true,
      pausedUntilMs: 0,
      kill: null,
    };
    stack.warm[name].push(one);
    const coldMs = place.coldStartMs * random.between(0.5, 1.5);
    sim.after(coldMs, 'cold start', () => {
      if (process.owner.isDead) onEnd();
      else run(stack, name, one, event, onEnd);
    });
  };
  const trigger = (region: VantageId, name: Deployed): void => {
    const place = placeOf(region);
    if (place.isDead || place.isUntriggered) return;
    const lateMs = place.triggerDelayMsMax === 0 ? 0 : random.between(0, place.triggerDelayMsMax);
    // What waited for more than 60 s is discarded by the platform; triggers carry no data.
    if (lateMs < MINUTE)
      sim.after(lateMs, 'trigger', () => start(region, name, {}, () => undefined));
    if (place.triggerTwice > 0 && random.chance(place.triggerTwice)) {
      sim.after(lateMs + random.between(0, 5_000), 'trigger again', () =>
        start(region, name, {}, () => undefined),
      );
    }
  };
  const schedule = (region: VantageId, stack: Stack, name: Deployed): void => {
    const { life } = stack;
    const second = random.between(0, 20_000);
    const next = (): void => {
      const nextMinute = MINUTE - (sim.nowMs() % MINUTE);
      // Precise to the minute only.
      const ms = nextMinute + second + random.between(0, 5_000);
      sim.after(ms, 'schedule', () => {
        if (stacks.get(region) !== stack || stack.life !== life) return;
        trigger(region, name);
        next();
      });
    };
    next();
  };
  const wakeStream = (region: VantageId): void => {
    const stack = stacks.get(region);
    if (stack === undefined || placeOf(region).isDead) return;
    if (stack.isStreamBusy) {
      stack.isStreamDue = true;
      return;
    }
    stack.isStreamBusy = true;
    stack.isStreamDue = false;
    start(region, 'quorum', { Records: [] }, () => {
      stack.isStreamBusy = false;
      if (stack.isStreamDue) wakeStream(region);
    });
  };

  const busyProcess = (number: number): Warm | undefined => {
    for (const { warm } of stacks.values()) {
      for (const name of functions) {
        const found = warm[name].find((one) => one.process.name.number === number);
        if (found?.isBusy === true && found.kill !== null) return found;
      }
    }
    return undefined;
  };

  return {
    deploy: (region, config) => {
      const known = stacks.get(region);
      if (known !== undefined) {
        known.config = config;
        return;
      }
      const stack: Stack = {
        config,
        life: 1,
        warm: { probe: [], quorum: [], notify: [] },
        isStreamBusy: false,
        isStreamDue: false,
      };
      stacks.set(region, stack);
      for (const name of functions) {
        schedule(region, stack, name);
        sim.after(random.between(0, 2_000), 'first trigger', () => trigger(region, name));
      }
    },
    remove: (region) => {
      stacks.delete(region);
    },
    configOf: (region) => stacks.get(region)?.config,
    invoke: (region, name, event) => start(region, name, event, () => undefined),
    wakeStream,
    kill: (region, name) => {
      const stack = stacks.get(region);
      if (stack === undefined) return 0;
      let killed = 0;
      for (const own of name === undefined ? functions : [name]) {
        for (const one of stack.warm[own]) {
          if (one.isBusy) killed += 1;
          one.process.owner.isDead = true;
        }
        stack.warm[own] = [];
      }
      stack.isStreamBusy = false;
      return killed;
    },
    freeze: (region, name, ms) => {
      let frozen = 0;
      for (const { process, isBusy } of stacks.get(region)?.warm[name] ?? []) {
        if (!isBusy) continue;
        process.owner.frozenUntilMs = sim.nowMs() + ms;
        frozen += 1;
      }
      return frozen;
    },
    killProcess: (number) => {
      const one = busyProcess(number);
      one?.kill?.();
      return one !== undefined;
    },
    freezeProcess: (number, ms, withHost) => {
      const one = busyProcess(number);
      if (one === undefined) return false;
      one.process.owner.frozenUntilMs = sim.nowMs() + ms;
      if (withHost) one.pausedUntilMs = sim.nowMs() + ms;
      return true;
    },
    running: (region, name) =>
      stacks.get(region)?.warm[name].filter((one) => one.isBusy).length ?? 0,
  };
}

function contextOf(
  config: Config,
  process: Process,
  name: Deployed,
  remainingMs: () => number,
): Context {
  const functionName = `${config.deployment}-${name}`;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${process.name.region}:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: `request-${process.name.number}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'simulated',
    getRemainingTimeInMillis: remainingMs,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
