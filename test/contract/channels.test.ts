/** Channels and name servers over real sockets: what arrives, what is said of what doesn't, no secret told. */
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { startDns } from '../../scripts/local/dns-server.ts';
import { hostedZone, listRecords } from '../../scripts/local/zone-engine.ts';
import { busRegion, eventbridgeChannel } from '../../shared/adapters/eventbridge-channel.ts';
import { nameServers } from '../../shared/adapters/name-servers.ts';
import { snsChannel } from '../../shared/adapters/sns-channel.ts';
import { snsTopic } from '../../shared/adapters/sns-topic.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { type WebhookOptions, webhookChannel } from '../../shared/adapters/webhook-channel.ts';
import { slackMessage } from '../../shared/core/slack-message.ts';
import { aNotification } from '../fakes/sample-incident.ts';

const LIVE = new AbortController().signal;
const SECRET = 'T000/B000/a1b2c3d4';
const BUS = 'arn:aws:events:eu-west-1:123456789012:event-bus/quorate';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:quorate';
const NOTIFICATION = aNotification();

describe('the webhook', () => {
  it('gets one POST in Slack’s format', async () => {
    await using target = await listening((_, response) => response.end('ok'));

    expect(await webhook(target.url).send(NOTIFICATION, LIVE)).toEqual({ kind: 'delivered' });
    expect(target.taken).toMatchObject([
      {
        line: `POST /${SECRET}`,
        headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Quorate/0' },
      },
    ]);
    expect(JSON.parse(target.taken[0]!.body)).toEqual(slackMessage(NOTIFICATION));
  });

  it.each([301, 302, 307, 400, 404, 429, 500, 503])(
    'that answers %i took nothing, and is not followed',
    async (status) => {
      await using other = await listening((_, response) => response.end('ok'));
      await using target = await listening((_, response) =>
        response.writeHead(status, { location: other.url }).end(),
      );

      expect(await webhook(target.url).send(NOTIFICATION, LIVE)).toEqual({
        kind: 'failed',
        why: `the webhook took nothing: it answered ${status}`,
      });
      expect(other.taken).toEqual([]);
    },
  );

  it('that never answers ends at its deadline, one that never ends has answered', async () => {
    await using silent = await listening(() => undefined);
    await using endless = await listening((_, response) => {
      response.writeHead(200);
      response.write('never ends');
    });

    expect(await webhook(silent.url, { timeoutMs: 50 }).send(NOTIFICATION, LIVE)).toEqual({
      kind: 'failed',
      why: 'the webhook took nothing: no answer within 50 ms',
    });
    expect(await webhook(endless.url).send(NOTIFICATION, LIVE)).toEqual({ kind: 'delivered' });
  });

  it('that is away is said without its URL', async () => {
    const target = await listening(() => undefined);
    await target[Symbol.asyncDispose]();

    expect(await webhook(target.url).send(NOTIFICATION, LIVE)).toEqual({
      kind: 'failed',
      why: 'the webhook took nothing: ECONNREFUSED',
    });
  });

  it('without a readable parameter, or with one that is no https URL, is not asked', async () => {
    await using target = await listening((_, response) => response.end());
    const whyOf = async (url: string | undefined): Promise<unknown> => {
      const own = webhookChannel({ clock: systemClock(), userAgent: 'q', url: async () => url });
      return await own.send(NOTIFICATION, LIVE);
    };

    expect(await whyOf(undefined)).toMatchObject({
      why: "the webhook took nothing: its URL can't be read from its parameter",
    });
    for (const url of [target.url, 'ftp://x/y', 'no url', '']) {
      expect(await whyOf(url)).toMatchObject({
        why: 'the webhook took nothing: its URL is not https',
      });
    }
    expect(target.taken).toEqual([]);
  });
});

describe('EventBridge', () => {
  it('gets the notification as the detail of one event', async () => {
    await using target = await listening((_, response) =>
      response.end(JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] })),
    );

    expect(await bus(target.url).send(NOTIFICATION, LIVE)).toEqual({ kind: 'delivered' });
    const [entry] = JSON.parse(target.taken[0]!.body).Entries;
    expect(entry).toMatchObject({
      EventBusName: BUS,
      Source: 'quorate',
      DetailType: 'Quorate incident opened',
    });
    expect(JSON.parse(entry.Detail)).toEqual(NOTIFICATION);
    expect(busRegion(BUS)).toBe('eu-west-1');
  });

  it('that refuses an entry in a reply that is a success has not taken it', async () => {
    await using target = await listening((_, response) =>
      response.end(
        JSON.stringify({
          FailedEntryCount: 1,
          Entries: [{ ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'no' }],
        }),
      ),
    );

    expect(await bus(target.url).send(NOTIFICATION, LIVE)).toEqual({
      kind: 'failed',
      why: `EventBridge did not take an event for ${BUS}: NotAuthorizedForSource: no`,
    });
  });

  it('that is away is a failure, never an exception', async () => {
    await using target = await listening((_, response) => response.writeHead(400).end('{}'));

    expect(await bus(target.url).send(NOTIFICATION, LIVE)).toMatchObject({ kind: 'failed' });
  });
});

it('SNS gets subject, text, and attributes that a subscription can filter by', async () => {
  await using target = await listening((_, response) =>
    response.end(
      '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
    ),
  );
  const client = new SNSClient({ ...SETTINGS, endpoint: target.url });

  const reply = await snsChannel(snsTopic(client, TOPIC, systemClock())).send(NOTIFICATION, LIVE);

  expect(reply).toEqual({ kind: 'delivered' });
  const form = new URLSearchParams(target.taken[0]!.body);
  expect(form.get('Subject')).toBe('opened: app: us-east-1 is down');
  expect(form.get('Message')).toMatch(/^down: three vantages see us-east-1 fail\n/);
  expect([...form.values()]).toEqual(
    expect.arrayContaining(['services', '["app"]', 'incident0001']),
  );
});

describe('name servers', () => {
  it('answer a TXT record with its strings joined, or nothing, or not at all', async () => {
    await using dns = await startDns({
      zones: () => [ZONE],
      random: () => 0.5,
      resolveAlias: () => [],
    });
    const server = `127.0.0.1:${dns.port}`;
    const ask = nameServers();

    expect(await ask.txt(server, '_quorate.app.example.com', LIVE)).toEqual([
      `${'a'.repeat(255)}bcd`,
    ]);
    expect(await ask.txt(server, 'nothing.example.com', LIVE)).toEqual([]);
    expect(await ask.txt('ns.example.com', '_quorate.app.example.com', LIVE)).toBeNull();
  });

  it('of no zone are none, and an end ends the question', async () => {
    const ended = new AbortController();
    const asked = nameServers().serversOf('app.invalid', ended.signal);
    ended.abort();

    expect(await asked).toEqual([]);
    expect(await nameServers().serversOf('invalid', LIVE)).toEqual([]);
  });
});

const HOSTED = hostedZone({
  id: 'ZLOCAL',
  name: 'example.com',
  records: [
    {
      name: '_quorate.app.example.com',
      type: 'TXT',
      ttlSeconds: 60,
      values: [`"${'a'.repeat(255)}" "bcd"`],
    },
  ],
});
const ZONE = { name: HOSTED.name, records: listRecords(HOSTED) };

const SETTINGS = {
  region: 'eu-west-1',
  maxAttempts: 1,
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
};

const bus = (endpoint: string) =>
  eventbridgeChannel(new EventBridgeClient({ ...SETTINGS, endpoint }), BUS, systemClock());

const webhook = (url: string, changes: Partial<WebhookOptions> = {}) =>
  webhookChannel({
    clock: systemClock(),
    userAgent: 'Quorate/0',
    url: async () => ` ${url}${SECRET}\n`,
    allowPlain: true,
    ...changes,
  });

type Taken = {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

async function listening(
  answer: RequestListener,
): Promise<{ readonly url: string; readonly taken: readonly Taken[] } & AsyncDisposable> {
  const taken: Taken[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    taken.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    taken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
