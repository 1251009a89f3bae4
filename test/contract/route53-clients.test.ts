/** Zones in other accounts: one role assumed once at a regional STS, its credentials used by both clients. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Route53Clients, route53Clients } from '../../shared/adapters/route53-clients.ts';
import { route53Zone } from '../../shared/adapters/route53-zone.ts';
import type { ZoneRef } from '../../shared/core/model.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import { answer, type RawStub, rawStub, type Script } from './raw-stub.ts';

const ZONE: ZoneRef = {
  key: 'main',
  id: 'Z0123456789ABCDEFGHIJ',
  role: 'arn:aws:iam::111122223333:role/dns',
};
const STRETCH = { from: 'a.example.test', to: 'z.example.test' };
const EMPTY = answer(
  200,
  '<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>',
);
const signal = (): AbortSignal => new AbortController().signal;

/** STS's answer with credentials that end `minutes` from now. */
const assumed =
  (minutes: number): Script =>
  (socket, request) => {
    const end = new Date(Date.now() + minutes * 60_000).toISOString();
    const credentials = `<AccessKeyId>AKIDASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token-of-role</SessionToken><Expiration>${end}</Expiration>`;
    const body = `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
    answer(200, body)(socket, request);
  };

async function worldWith(
  sts: Script,
  now: () => number = Date.now,
): Promise<AsyncDisposable & { sts: RawStub; route53: RawStub; clients: Route53Clients }> {
  const stsStub = await rawStub(sts);
  const route53 = await rawStub(EMPTY);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', stsStub.url);
  const clients = route53Clients({
    region: 'us-east-1',
    stsRegion: 'eu-west-1',
    endpoint: route53.url,
    now,
  });
  return {
    sts: stsStub,
    route53,
    clients,
    [Symbol.asyncDispose]: async () => {
      clients.destroy();
      await stsStub[Symbol.asyncDispose]();
      await route53[Symbol.asyncDispose]();
    },
  };
}

describe('clients of a zone in another account', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOWN');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  });
  afterEach(() => vi.unstubAllEnvs());

  it('assume the role once for reader and writer together', async () => {
    await using world = await worldWith(assumed(60));
    const zone = route53Zone({ ...world.clients, clock: fakeClock() });

    await Promise.all([
      zone.read(ZONE, STRETCH, signal()),
      zone.read(ZONE, STRETCH, signal()),
      zone.commit(ZONE, [], 'test', signal()),
    ]);
    await zone.read(ZONE, STRETCH, signal());

    expect(world.sts.requests).toHaveLength(1);
    expect(world.sts.requests[0]).toContain('Action=AssumeRole');
    expect(world.sts.requests[0]).toContain(encodeURIComponent(ZONE.role ?? ''));
    expect(world.sts.requests[0]).toContain('/eu-west-1/sts/');
    expect(world.route53.requests).toHaveLength(4);
    for (const request of world.route53.requests) {
      expect(request).toContain('AKIDASSUMED');
      expect(request).toContain('token-of-role');
    }
  });

  it('use their own credentials for a zone without a role', async () => {
    await using world = await worldWith(assumed(60));
    const zone = route53Zone({ ...world.clients, clock: fakeClock() });

    await zone.read({ key: 'own', id: 'Z1' }, STRETCH, signal());

    expect(world.sts.requests).toEqual([]);
    expect(world.route53.requests[0]).toContain('AKIDOWN');
  });

  it('ask again when the credentials are about to end, and once a round at most', async () => {
    let now = Date.now();
    await using world = await worldWith(assumed(4), () => now);
    const zone = route53Zone({ ...world.clients, clock: fakeClock() });

    await zone.read(ZONE, STRETCH, signal());
    await zone.read(ZONE, STRETCH, signal());
    expect(world.sts.requests).toHaveLength(1);

    now += 30_000;
    await zone.read(ZONE, STRETCH, signal());
    expect(world.sts.requests).toHaveLength(2);
  });

  it('say that the role may not be assumed, and ask again seconds later', async () => {
    let now = Date.now();
    const refusals: Script[] = [
      answer(
        403,
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>',
        // With another Date the SDK would take the refusal for its own clock's fault and ask again.
        { date: new Date().toUTCString() },
      ),
      assumed(60),
    ];
    await using world = await worldWith(
      (socket, request) => refusals.shift()?.(socket, request),
      () => now,
    );
    const zone = route53Zone({ ...world.clients, clock: fakeClock() });

    await expect(zone.read(ZONE, STRETCH, signal())).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('sts:AssumeRole'),
    });
    expect(await zone.commit(ZONE, [], 'test', signal())).toMatchObject({
      kind: 'denied',
      code: 'access-denied',
    });
    expect(world.sts.requests).toHaveLength(1);
    expect(world.route53.requests).toEqual([]);

    now += 5_000;
    expect((await zone.read(ZONE, STRETCH, signal())).records).toEqual([]);
    expect(world.sts.requests).toHaveLength(2);
  });

  it('say that there are no credentials at all, and send nothing', async () => {
    await using route53 = await rawStub(EMPTY);
    const clients = route53Clients({
      region: 'us-east-1',
      endpoint: route53.url,
      credentialsOf: () => async () => {
        throw Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        });
      },
    });
    const zone = route53Zone({ ...clients, clock: fakeClock() });

    await expect(zone.read(ZONE, STRETCH, signal())).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    expect(await zone.commit(ZONE, [], 'test', signal())).toEqual({
      kind: 'denied',
      code: 'access-denied',
      message: 'CredentialsProviderError: Could not load credentials from any providers',
    });
    expect(route53.requests).toEqual([]);
  });
});
