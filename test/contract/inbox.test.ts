/** The local world's inbox: what the production clients send to the outside arrives, and gets the answer they expect. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { type Inbox, type InboxItem, openInbox } from '../../scripts/local/inbox.ts';
import { LOCAL_CREDENTIALS } from '../../scripts/local/signature-check.ts';

type Invoked = readonly [region: string, name: string, payload: unknown];

describe('the inbox of the local world', () => {
  it('takes a webhook, a topic and events, in the order they come', async () => {
    const told: InboxItem[] = [];
    await using inbox = await open({ told });

    const hooked = await fetch(inbox.webhookUrl, {
      method: 'POST',
      body: JSON.stringify({ text: 'app: us-east-1 is down\nsecond line' }),
    });
    const published = await send(inbox, SNSClient, (client) =>
      client.send(
        new PublishCommand({
          TopicArn: 'arn:aws:sns:eu-west-1:123456789012:oncall',
          Subject: 'alarm',
          Message: 'it is off',
        }),
      ),
    );
    const put = await send(inbox, EventBridgeClient, (client) =>
      client.send(
        new PutEventsCommand({
          Entries: [{ Source: 'quorate', DetailType: 'incident opened', Detail: '{}' }],
        }),
      ),
    );

    expect(hooked.status).toBe(200);
    expect(published.MessageId).toBeTruthy();
    expect(put).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    expect(inbox.list().map(({ at, channel, text }) => [at, channel, text])).toEqual([
      [7, 'webhook', 'app: us-east-1 is down'],
      [7, 'topic', 'alarm'],
      [7, 'events', 'incident opened'],
    ]);
    expect(told).toEqual(inbox.list());
  });

  it('calls another function of the region whose credentials are signed for', async () => {
    const invoked: Invoked[] = [];
    await using inbox = await open({ invoked });

    const answer = await send(inbox, LambdaClient, (client) =>
      client.send(
        new InvokeCommand({
          FunctionName: 'quorate-demo-notify',
          InvocationType: 'Event',
          Payload: '{"records":1}',
        }),
      ),
    );

    expect(answer.StatusCode).toBe(202);
    expect(invoked).toEqual([['eu-west-1', 'quorate-demo-notify', { records: 1 }]]);
  });

  it('lets whoever waits for a function have its answer, or its error', async () => {
    await using inbox = await open({});
    const ask = (Payload: string) =>
      send(inbox, LambdaClient, (client) =>
        client.send(new InvokeCommand({ FunctionName: 'quorate-demo-notify', Payload })),
      );

    const told = await ask('{"kind":"test"}');
    const broken = await ask('"break"');

    expect(Buffer.from(told.Payload ?? []).toString()).toBe('{"did":"test"}');
    expect(told.FunctionError).toBeUndefined();
    expect(broken.FunctionError).toBe('Unhandled');
    expect(Buffer.from(broken.Payload ?? []).toString()).toContain('it broke');
  });

  it('can be broken, and healed', async () => {
    await using inbox = await open({});
    const hook = async (): Promise<number> =>
      (await fetch(inbox.webhookUrl, { method: 'POST', body: '{}' })).status;

    inbox.setBroken(true);
    const broken = await hook();
    inbox.setBroken(false);

    expect([broken, await hook()]).toEqual([500, 200]);
    expect(inbox.list()).toHaveLength(1);
  });
});

const open = ({
  told = [],
  invoked = [],
}: {
  readonly told?: InboxItem[];
  readonly invoked?: Invoked[];
}): Promise<Inbox> =>
  openInbox({
    now: () => 7,
    onItem: (item) => told.push(item),
    invoke: async (...call) => {
      invoked.push(call);
      if (call[2] === 'break') throw new Error('it broke');
      return { did: 'test' };
    },
  });

async function send<C extends { readonly destroy: () => void }, T>(
  inbox: Inbox,
  Client: new (settings: object) => C,
  run: (client: C) => Promise<T>,
): Promise<T> {
  const client = new Client({
    region: 'eu-west-1',
    endpoint: inbox.url,
    credentials: LOCAL_CREDENTIALS,
  });
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}
