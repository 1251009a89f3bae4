/** Every route there is, in one list: the router and `/openapi.json` are both made from it. */
import * as v from 'valibot';
import { decisionsSchema } from '../../shared/api/decisions.ts';
import { latencySchema } from '../../shared/api/latency.ts';
import { openApi } from '../../shared/api/openapi.ts';
import { changeAnswerSchema, overridesSchema } from '../../shared/api/overrides.ts';
import { orderSchema, planSchema } from '../../shared/api/parts.ts';
import { planDocumentSchema } from '../../shared/api/plan.ts';
import {
  endpointShownSchema,
  serviceDocumentSchema,
  serviceShownSchema,
  statusSchema,
} from '../../shared/api/status.ts';
import { pageAnswer } from '../dashboard/page.ts';
import type { Refusal } from './problem.ts';
import { READ_ROUTES } from './read-routes.ts';
import { jsonReply } from './reply.ts';
import { type Route, route } from './routes.ts';
import { WRITE_ROUTES } from './write-routes.ts';

const NOTHING = v.strictObject({});

const NO_PAGE: Refusal = {
  code: 'NOT_FOUND',
  detail: 'this build holds no dashboard',
  help: 'run quorate ui: it brings the page and signs its requests',
};

const OWN_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/',
    id: 'page',
    summary: 'The dashboard. `quorate ui` signs what it asks for.',
    scope: 'read',
    params: NOTHING,
    query: NOTHING,
    body: null,
    reply: 'html',
    problems: [404],
    answer: async ({ page }, { request }) => {
      const known = request.headers['if-none-match'];
      const found = page === null ? undefined : pageAnswer(page, '/', known);
      return found ?? { refusal: NO_PAGE };
    },
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    id: 'openapi',
    summary: 'This document, made from the schemas that requests are checked with.',
    scope: 'read',
    params: NOTHING,
    query: NOTHING,
    body: null,
    reply: v.looseObject({ openapi: v.string() }),
    problems: [],
    answer: async ({ release }) => jsonReply(200, openApiDocument(release)),
  }),
];

export const ROUTES: readonly Route[] = [...OWN_ROUTES, ...READ_ROUTES, ...WRITE_ROUTES];

export const openApiDocument = (release: string): Readonly<Record<string, unknown>> =>
  openApi({
    release,
    routes: ROUTES,
    documents: {
      ChangeAnswer: changeAnswerSchema,
      Decisions: decisionsSchema,
      Endpoint: endpointShownSchema,
      Latency: latencySchema,
      Order: orderSchema,
      Orders: overridesSchema,
      Plan: planSchema,
      Plans: planDocumentSchema,
      Service: serviceShownSchema,
      ServiceDocument: serviceDocumentSchema,
      Status: statusSchema,
    },
  });
