/** What scripted scenarios are written with: files an operator knows, and minutes. */
import type { Json, PlannedFault, Scenario } from '../scenario.ts';
import { type FileData, STANDARD_FILE } from '../world/sim-config.ts';
import { MINUTE } from './kind.ts';

type Params = { readonly [key: string]: Json };
type Services = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** From minute to minute; without the second it happens at once. */
export const during = (
  kind: string,
  from: number,
  until: number,
  params: Params,
): PlannedFault => ({
  kind,
  fromMs: Math.round(from * MINUTE),
  untilMs: Math.round(until * MINUTE),
  params,
});
export const once = (kind: string, at: number, params: Params): PlannedFault =>
  during(kind, at, at, params);

export type Script = {
  /** Rows of faults.md that it is about. */
  readonly rows: readonly string[];
  readonly file?: FileData;
  readonly healMinute: number;
  readonly endMinute: number;
  readonly faults: readonly PlannedFault[];
};

export const scenarioOf =
  (name: string, { file = STANDARD_FILE, healMinute, endMinute, faults }: Script) =>
  (seed: string): Scenario => ({
    name,
    seed,
    file,
    faults: [...faults, during('tidies-up', healMinute + 0.1, healMinute + 6, {})],
    healAtMs: healMinute * MINUTE,
    endAtMs: endMinute * MINUTE,
  });

const [APP] = Object.values(STANDARD_FILE.services as Services);
const app = APP ?? {};
const check = app.check as Readonly<Record<string, unknown>>;

export const withServices = (services: Services): FileData => ({ ...STANDARD_FILE, services });

/** app, and pay beside it: two services with three endpoints each. */
export const TWO_SERVICES = withServices({
  app,
  pay: {
    ...app,
    names: ['pay.example.com'],
    check: { ...check, host: 'pay.example.com' },
    endpoints: {
      'eu-west-1': { address: '192.0.2.20', weight: 100 },
      'us-east-1': { address: '198.51.100.20', weight: 50 },
      'us-west-2': { address: '203.0.113.20', weight: 50 },
    },
  },
});

export const TWO_ENDPOINTS = withServices({
  app: {
    ...app,
    endpoints: {
      'eu-west-1': { address: '192.0.2.10', weight: 100 },
      'us-east-1': { address: '198.51.100.10', weight: 100 },
    },
  },
});

export const TIERS = withServices({
  app: {
    ...app,
    endpoints: {
      'eu-west-1': { address: '192.0.2.10', weight: 100 },
      'us-east-1': { address: '198.51.100.10', weight: 100 },
      'on-prem': { address: '203.0.113.10', weight: 50, tier: 2 },
    },
    policy: { trickle: '5%' },
  },
});

export const DUAL_STACK = withServices({
  app: {
    ...app,
    type: ['A', 'AAAA'],
    endpoints: {
      'eu-west-1': { address: { A: '192.0.2.10', AAAA: '2001:db8::10' }, weight: 100 },
      'us-east-1': { address: { A: '198.51.100.10', AAAA: '2001:db8::20' }, weight: 100 },
      'ap-southeast-1': { address: { A: '203.0.113.10', AAAA: '2001:db8::30' }, weight: 100 },
    },
  },
});

export const WITH_BODY = withServices({
  app: { ...app, check: { ...check, expect: { status: [200], body: '"status":"ok"' } } },
});

/** An observed service beside an enforced one. */
export const OBSERVED = withServices({
  app,
  docs: {
    ...app,
    mode: 'observe',
    names: ['docs.example.com'],
    check: { ...check, host: 'docs.example.com' },
    endpoints: {
      'eu-west-1': { address: '192.0.2.30', weight: 100 },
      'us-east-1': { address: '198.51.100.30', weight: 100 },
      'ap-southeast-1': { address: '203.0.113.30', weight: 100 },
    },
  },
});

export const MANUAL = withServices({ app: { ...app, policy: { failback: 'manual' } } });

/** More than share no batch: what one region's loss moves goes out together. */
export const TEN_SERVICES = withServices(
  Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `s${i}`,
      {
        ...app,
        names: [`s${i}.example.com`],
        check: { ...check, host: `s${i}.example.com` },
        endpoints: {
          'eu-west-1': { address: `192.0.2.${100 + i}`, weight: 100 },
          'us-east-1': { address: `198.51.100.${100 + i}`, weight: 100 },
          'ap-southeast-1': { address: `203.0.113.${100 + i}`, weight: 100 },
        },
      },
    ]),
  ),
);

/** As many as a fence can list, and then some orders. */
export const MANY_ENDPOINTS = withServices({
  app: {
    ...app,
    endpoints: Object.fromEntries(
      Array.from({ length: 46 }, (_, i) => [
        `e${i}`,
        { address: `192.0.2.${10 + i}`, weight: 10, region: `r${i}` },
      ]),
    ),
  },
});

/** The standard file with another policy, or another check. */
export const withPolicy = (policy: Readonly<Record<string, unknown>>): FileData =>
  withServices({ app: { ...app, policy } });
export const withCheck = (more: Readonly<Record<string, unknown>>): FileData =>
  withServices({ app: { ...app, check: { ...check, ...more } } });
export const withEndpoint = (id: string, endpoint: Readonly<Record<string, unknown>>): FileData =>
  withServices({ app: { ...app, endpoints: { ...(app.endpoints as object), [id]: endpoint } } });
export const withoutEndpoint = (id: string): FileData =>
  withServices({
    app: {
      ...app,
      endpoints: Object.fromEntries(
        Object.entries(app.endpoints as object).filter(([known]) => known !== id),
      ),
    },
  });
