/**
 * The API of all regions as the page's server sees it, answered from documents: for what a page shows and
 * does, without a world behind it. Orders have plans with checksums, and a stale one is 412, as in the API.
 */

import type { ApiClient, ApiReply } from '../../../../scripts/client/api-client.ts';
import type { ChangeAnswer } from '../../../../shared/api/overrides.ts';
import type { StatusDocument } from '../../../../shared/api/status.ts';
import { vantageId } from '../../../../shared/core/model.ts';
import * as documents from './documents.ts';

export type StubApi = Pick<ApiClient, 'request'> & {
  status: StatusDocument;
  incidentTitle: string;
  /** Of the next plan: somebody else's change makes it another. */
  checksum: string;
  readonly asked: { method: string; path: string; headers: Readonly<Record<string, string>> }[];
};

export function stubApi(status: StatusDocument): StubApi {
  const api: StubApi = {
    status,
    incidentTitle: 'us-east-1 of app was down',
    checksum: '9c1f4e',
    asked: [],
    request: async (method, path, { headers = {}, body }) => {
      api.asked.push({ method, path, headers });
      if (method !== 'GET') return change(api, headers, body);
      const document = documentAt(api, path);
      return document === undefined
        ? reply(404, { detail: `nothing at ${path}` })
        : reply(200, document);
    },
  };
  return api;
}

function documentAt(api: StubApi, path: string): unknown {
  const { status, incidentTitle } = api;
  const [, id = '', part] = /^\/v1\/services\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const shown = status.services.find(({ service }) => service === decodeURIComponent(id));
  if (path === '/v1/status') return status;
  if (path === '/v1/slo') return documents.slo();
  if (path === '/v1/incidents') return documents.incidents(incidentTitle);
  if (path === '/v1/overrides') {
    const overrides = status.services.flatMap(({ orders }) => orders);
    return { format: 1, region: status.region, at: status.at, overrides };
  }
  if (shown === undefined) return undefined;
  if (part === 'decisions') return documents.decisions(shown.service);
  if (part === 'latency') return documents.latency(shown.service);
  return documents.serviceDocument(shown);
}

function change(api: StubApi, headers: Readonly<Record<string, string>>, body: unknown): ApiReply {
  const isDryRun =
    typeof body === 'object' && body !== null && 'dryRun' in body && body.dryRun === true;
  if (!isDryRun && headers['if-match'] !== `"p${api.checksum}"`) {
    return reply(412, {
      code: 'PLAN_CHANGED',
      detail: `the plan now is ${api.checksum}`,
      help: 'look',
    });
  }
  const answer: ChangeAnswer = {
    format: 1,
    region: 'eu-west-1',
    at: documents.AT,
    actor: 'arn:aws:iam::123456789012:user/alice',
    dryRun: isDryRun,
    checksum: api.checksum,
    untilAt: documents.AT + 3_600_000,
    results: [
      {
        service: 'app',
        outcome: isDryRun ? 'planned' : 'committed',
        sentence: 'order Na2T12vC is given until 04:12Z',
        sentences: [],
        plan: {
          service: 'app',
          generation: { from: 41, to: 42 },
          checksum: api.checksum,
          records: [
            {
              name: 'app.example.com',
              type: 'A',
              endpoint: 'eu-west-1',
              change: 'weight',
              from: 100,
              to: 0,
              answers: '192.0.2.10',
              settings: [],
            },
          ],
        },
        order: 'Na2T12vC',
        generation: isDryRun ? null : 42,
        changeId: null,
        recorded: true,
        trouble: null,
      },
    ],
  };
  return reply(200, answer);
}

const reply = (status: number, document: unknown): ApiReply => ({
  status,
  headers: new Map([
    ['content-type', status === 200 ? 'application/json' : 'application/problem+json'],
  ]),
  bytes: new TextEncoder().encode(JSON.stringify(document)),
  region: vantageId('eu-west-1'),
  failed: [],
  isRepeated: false,
});
