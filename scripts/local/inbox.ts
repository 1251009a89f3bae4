/**
 * Where notifications of the local world arrive, and the few AWS services that only they need: a webhook
 * like Slack's, SNS Publish, EventBridge PutEvents, and Lambda Invoke, by which a committer calls its
 * `notify`. In: what the production clients send. Out: the answers they wait for, and the messages, newest
 * last, for whoever looks. It judges nothing and, unless told to, never fails.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { safeText } from '../../shared/core/safe-text.ts';
import { closeServer, listenAt } from './loopback.ts';

export type InboxItem = {
  readonly at: number;
  readonly channel: 'webhook' | 'topic' | 'events';
  /** Its first line, for people. */
  readonly text: string;
  /** As it was sent. */
  readonly body: unknown;
};

export type Inbox = AsyncDisposable & {
  /** The endpoint for the SDK's clients. */
  readonly url: string;
  readonly webhookUrl: string;
  /** Newest last, at most 100. */
  readonly list: () => readonly InboxItem[];
  /** True: every channel answers 500, as one that is broken. */
  readonly setBroken: (isBroken: boolean) => void;
};

export type InboxOptions = {
  readonly now: () => number;
  readonly onItem: (item: InboxItem) => void;
  /** Another function of that region; rejects where it fails or is not there. */
  readonly invoke: (region: string, functionName: string, payload: unknown) => Promise<unknown>;
};

const ITEMS_MAX = 100;
const TEXT_MAX = 200;
const BODY_BYTES_MAX = 1024 * 1024;
const WEBHOOK_PATH = '/webhook';
const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

type Answer = {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const items: InboxItem[] = [];
  let isBroken = false;

  const take = (channel: InboxItem['channel'], text: string, body: unknown): void => {
    const [firstLine = ''] = text.split('\n');
    const item = { at: options.now(), channel, text: safeText(firstLine, TEXT_MAX), body };
    items.push(item);
    if (items.length > ITEMS_MAX) items.shift();
    options.onItem(item);
  };

  const invoked = async (
    request: IncomingMessage,
    functionName: string,
    text: string,
  ): Promise<Answer> => {
    const type = 'application/json';
    const result = options.invoke(
      regionOf(request),
      decodeURIComponent(functionName),
      text === '' ? {} : json(text),
    );
    if (request.headers['x-amz-invocation-type'] === 'Event') {
      // Nobody waits for it; its region tells of errors.
      result.catch(() => undefined);
      return { status: 202, type, body: '' };
    }
    return result.then(
      (value) => ({ status: 200, type, body: JSON.stringify(value ?? null) }),
      (error: unknown) => ({
        status: 200,
        type,
        body: JSON.stringify({ errorMessage: String(error) }),
        headers: { 'x-amz-function-error': 'Unhandled' },
      }),
    );
  };

  const answer = async (request: IncomingMessage, text: string): Promise<Answer> => {
    const path = new URL(request.url ?? '/', 'http://inbox').pathname;
    const called = INVOKE_PATH.exec(path)?.[1];
    if (called !== undefined) return await invoked(request, called, text);
    if (isBroken) return { status: 500, type: 'text/plain', body: 'broken\n' };
    if (path.startsWith(WEBHOOK_PATH)) {
      const body = json(text);
      take('webhook', textIn(body, 'text') ?? text, body);
      return { status: 200, type: 'text/plain', body: 'ok' };
    }
    if (request.headers['x-amz-target'] === 'AWSEvents.PutEvents') {
      const entries = listIn(json(text), 'Entries');
      for (const entry of entries) take('events', textIn(entry, 'DetailType') ?? '', entry);
      const body = { FailedEntryCount: 0, Entries: entries.map(() => ({ EventId: randomUUID() })) };
      return { status: 200, type: 'application/x-amz-json-1.1', body: JSON.stringify(body) };
    }
    const form = new URLSearchParams(text);
    if (form.get('Action') === 'Publish') {
      const body = Object.fromEntries(form);
      take('topic', form.get('Subject') ?? form.get('Message') ?? '', body);
      return { status: 200, type: 'text/xml', body: published(randomUUID()) };
    }
    return { status: 404, type: 'text/plain', body: `nothing at ${path}\n` };
  };

  const server = createServer((request, response) => {
    bodyOf(request)
      .then(async (text) => send(response, await answer(request, text)))
      .catch(() => request.destroy());
  });
  const { address, port } = await listenAt(server, { address: '127.0.0.1', port: 0 });
  const url = `http://${address}:${port}`;
  return {
    url,
    webhookUrl: `${url}${WEBHOOK_PATH}`,
    list: () => [...items],
    setBroken: (broken) => {
      isBroken = broken;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, type, body, headers = {} }: Answer): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'x-amzn-requestid': randomUUID(),
  });
  response.end(body);
}

/** Of the signature: `Credential=<key>/<date>/<region>/<service>/aws4_request`. */
const regionOf = ({ headers }: IncomingMessage): string =>
  /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
const textIn = (value: unknown, key: string): string | undefined => {
  const found = member(value, key);
  return typeof found === 'string' ? found : undefined;
};
const listIn = (value: unknown, key: string): readonly unknown[] => {
  const found = member(value, key);
  return Array.isArray(found) ? found : [];
};

const published = (id: string): string =>
  `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></PublishResponse>`;
