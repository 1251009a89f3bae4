/**
 * What is the vantage's own fault: no handles, no route, no secret, no CPU. None of it may look like a fault
 * of the endpoint, and none of it may be asked of the endpoint twice.
 */
import { describe, expect, it } from 'vitest';
import { loopMonitor } from '../../shared/adapters/loop-monitor.ts';
import { slots } from '../../shared/adapters/slots.ts';
import { machineHasRoute, socketReason } from '../../shared/adapters/socket-reason.ts';
import { ssmSecrets } from '../../shared/adapters/ssm-secrets.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import {
  httpProbe,
  neverAborted,
  resultOf,
  tcpProbe,
  testProber,
} from '../fakes/probe-requests.ts';
import { answering, httpText, rawServer } from '../fakes/raw-server.ts';

const systemError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

/** Keeps the event loop busy, as a process without CPU would be. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('errors of a socket', () => {
  it.each([
    ['EMFILE', true, 'skipped', 'no-handles'],
    ['ENFILE', true, 'skipped', 'no-handles'],
    ['ENOBUFS', true, 'skipped', 'no-handles'],
    ['ENOMEM', true, 'skipped', 'no-handles'],
    ['EADDRNOTAVAIL', true, 'skipped', 'no-handles'],
    ['EADDRNOTAVAIL', false, 'skipped', 'no-route'],
    ['ENETUNREACH', false, 'skipped', 'no-route'],
    ['ENETUNREACH', true, 'fail', 'unreachable'],
    ['EHOSTUNREACH', true, 'fail', 'unreachable'],
    ['EHOSTUNREACH', false, 'skipped', 'no-route'],
    ['ENETDOWN', true, 'fail', 'unreachable'],
    ['EHOSTDOWN', true, 'fail', 'unreachable'],
    ['EACCES', true, 'skipped', 'no-route'],
    ['EPERM', true, 'skipped', 'no-route'],
    ['EAFNOSUPPORT', true, 'skipped', 'no-route'],
    ['ECONNREFUSED', true, 'fail', 'refused'],
    ['ETIMEDOUT', true, 'fail', 'timeout'],
    ['ECONNRESET', true, 'fail', 'reset'],
    ['EPIPE', true, 'fail', 'reset'],
    ['ECONNABORTED', true, 'fail', 'reset'],
    ['CERT_HAS_EXPIRED', true, 'fail', 'certificate-expired'],
  ])('%s with a route: %s is %s %s', (code, hasRoute, kind, expected) => {
    expect(socketReason(systemError(code), 6, () => hasRoute)).toMatchObject({
      kind,
      code: expected,
    });
  });

  it('an error that is none is told as text', () => {
    expect(socketReason('odd', 4, () => true)).toEqual({
      kind: 'fail',
      code: 'reset',
      detail: 'odd',
    });
  });

  it('whether the machine has a route is known for both families', () => {
    expect(typeof machineHasRoute(4)).toBe('boolean');
    expect(typeof machineHasRoute(6)).toBe('boolean');
  });

  it('F12 an address that can’t be connected to for lack of a route is skipped', async () => {
    const prober = testProber({
      isAllowed: () => true,
      hasRoute: () => false,
      // 255.255.255.255 is refused by the kernel itself: ENETUNREACH or EACCES, without a packet.
      route: (_, port) => ({ address: '255.255.255.255', port }),
    });

    expect(await resultOf(prober, tcpProbe('1.1.1.1', 80))).toMatchObject({
      kind: 'skipped',
      code: 'no-route',
    });
  });
});

describe('CPU', () => {
  it('F112 a timeout while the event loop ran late is skipped, and the lateness told once', async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await rawServer((socket) => socket.once('data', () => asked.resolve()));
    const prober = testProber();

    const probing = resultOf(prober, httpProbe(server.port, { timeoutMs: 300 }));
    await asked.promise;
    block(700);

    expect(await probing).toMatchObject({ kind: 'skipped', code: 'starved' });
    expect(prober.loopLatenessMs()).toBeGreaterThan(250);
    expect(prober.loopLatenessMs()).toBeLessThan(250);
  });

  it('F112 an answer that came in spite of it counts', async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.end(httpText(200));
        asked.resolve();
      });
    });

    const probing = resultOf(testProber(), httpProbe(server.port));
    await asked.promise;
    block(400);

    expect(await probing).toMatchObject({ kind: 'http', status: 200 });
  });

  it('the monitor counts what is overdue before its own timer fires', () => {
    let now = 1_000;
    const monitor = loopMonitor(() => now);

    const watch = monitor.watch();
    now += 50;
    expect(watch.lateMs()).toBe(0);
    now += 400;
    expect(watch.lateMs()).toBe(400);
    watch.end();
    now += 10_000;

    expect(watch.lateMs()).toBe(400);
    expect(monitor.latenessMs()).toBe(400);
    expect(monitor.latenessMs()).toBe(0);
  });

  it('a watch knows nothing of what was before it', () => {
    let now = 0;
    const monitor = loopMonitor(() => now);
    const first = monitor.watch();
    now += 500;
    first.lateMs();
    first.end();

    const second = monitor.watch();

    expect(second.lateMs()).toBeLessThanOrEqual(0);
    second.end();
  });
});

describe('slots', () => {
  it('are given in order of arrival, and the one who gave up gets none', async () => {
    const places = slots(1);
    const gaveUp = new AbortController();
    const order: string[] = [];

    const release = await places.take(neverAborted());
    const second = places.take(gaveUp.signal).then((taken) => order.push(taken ? '2' : 'none'));
    const third = places.take(neverAborted()).then((next) => {
      order.push('3');
      next?.();
    });
    gaveUp.abort();
    await second;
    release?.();
    await third;

    expect(order).toEqual(['none', '3']);
    expect(await places.take(neverAborted())).toBeDefined();
    expect(await places.take(AbortSignal.abort())).toBeUndefined();
  });
});

describe('secrets', () => {
  const secret = { 'x-probe': { ssm: '/quorate/app/probe-token' } };

  it('are sent as the header’s value', async () => {
    await using server = await rawServer(answering(httpText(200)));
    const prober = testProber({ secrets: { read: async (name) => `token of ${name}` } });

    await resultOf(prober, httpProbe(server.port, { headers: secret }));

    expect(server.requests().join('')).toContain('x-probe: token of /quorate/app/probe-token\r\n');
  });

  it.each([
    ['missing', async () => undefined],
    ['a line break that would smuggle a header', async () => 'a\r\nx-admin: yes'],
    ['no text that a header can hold', async () => 'naïve ☃'],
    [
      'an error',
      async () => {
        throw new Error('ssm');
      },
    ],
  ])('%s: skipped, and nothing is sent', async (_, read) => {
    await using server = await rawServer(answering(httpText(200)));
    const prober = testProber({ secrets: { read } });

    expect(await resultOf(prober, httpProbe(server.port, { headers: secret }))).toEqual({
      kind: 'skipped',
      code: 'no-secret',
      detail: 'header x-probe could not be read',
    });
    expect(server.connections()).toBe(0);
  });

  it('a round that ends while one is read is not a missing secret', async () => {
    const round = new AbortController();
    const prober = testProber({
      secrets: {
        read: async () => {
          round.abort();
          return undefined;
        },
      },
    });

    const { attempts } = await prober.probe(httpProbe(1, { headers: secret }), round.signal);

    expect(attempts).toMatchObject([{ result: { kind: 'skipped', code: 'aborted' } }]);
  });

  it('a header that can’t be sent says nothing about the endpoint', async () => {
    await using server = await rawServer(answering(httpText(200)));
    const request = httpProbe(server.port, { headers: { 'x y': 'z' } });

    expect(await resultOf(testProber(), request)).toMatchObject({
      kind: 'skipped',
      code: 'aborted',
    });
  });
});

describe('secrets from Parameter Store', () => {
  const NAME = '/quorate/app/probe-token';
  const client = (answer: (signal: AbortSignal) => Promise<unknown>) => {
    const asked: unknown[] = [];
    const send = async (
      command: { input: unknown },
      { abortSignal }: { abortSignal: AbortSignal },
    ) => {
      asked.push(command.input);
      return answer(abortSignal);
    };
    return { asked, client: { send } as unknown as Parameters<typeof ssmSecrets>[0] };
  };

  it('are decrypted, asked for once, and kept for 5 minutes', async () => {
    const clock = fakeClock();
    const ssm = client(async () => ({ Parameter: { Value: 'token' } }));
    const secrets = ssmSecrets(ssm.client, clock);

    const first = await Promise.all([
      secrets.read(NAME, neverAborted()),
      secrets.read(NAME, neverAborted()),
    ]);
    await clock.advance(299_999);
    await secrets.read(NAME, neverAborted());
    const askedBefore = ssm.asked.length;
    await clock.advance(1);
    await secrets.read(NAME, neverAborted());

    expect(first).toEqual(['token', 'token']);
    expect(ssm.asked[0]).toEqual({ Name: NAME, WithDecryption: true });
    expect([askedBefore, ssm.asked.length]).toEqual([1, 2]);
  });

  it('that can’t be read are undefined, and asked for again after 10 seconds', async () => {
    const clock = fakeClock();
    const ssm = client(async () => {
      throw new Error('AccessDeniedException');
    });
    const secrets = ssmSecrets(ssm.client, clock);

    expect(await secrets.read(NAME, neverAborted())).toBeUndefined();
    await clock.advance(9_999);
    await secrets.read(NAME, neverAborted());
    const askedBefore = ssm.asked.length;
    await clock.advance(1);
    await secrets.read(NAME, neverAborted());

    expect([askedBefore, ssm.asked.length]).toEqual([1, 2]);
  });

  it('an empty answer is no secret', async () => {
    const ssm = client(async () => ({}));

    expect(await ssmSecrets(ssm.client, fakeClock()).read(NAME, neverAborted())).toBeUndefined();
  });

  it('a call that hangs is given up after 2 seconds, and sooner by whoever can’t wait', async () => {
    const clock = fakeClock();
    const ssm = client(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const secrets = ssmSecrets(ssm.client, clock);
    const round = new AbortController();

    const patient = secrets.read(NAME, neverAborted());
    const impatient = secrets.read(NAME, round.signal);
    round.abort();

    expect(await impatient).toBeUndefined();
    expect(await secrets.read(NAME, round.signal)).toBeUndefined();
    expect(await clock.runUntil(patient)).toBeUndefined();
    expect(ssm.asked).toHaveLength(1);
  });
});
