/**
 * Scripted scenarios, by name: one for each row of faults.md that is to be scripted before the rest and
 * that a simulation can hold, and for states that seeds reach seldom (caps, races, full fences). Each one
 * says which rows it is about; the same faults in the same minutes, the rest by the seed.
 */
import type { Json, Scenario } from '../scenario.ts';
import { type FileData, STANDARD_FILE } from '../world/sim-config.ts';
import {
  DUAL_STACK,
  during,
  MANUAL,
  MANY_ENDPOINTS,
  OBSERVED,
  once,
  type Script,
  scenarioOf,
  TEN_SERVICES,
  TIERS,
  TWO_ENDPOINTS,
  TWO_SERVICES,
  WITH_BODY,
  withCheck,
  withEndpoint,
  withoutEndpoint,
  withPolicy,
} from './script.ts';

const EU = { service: 'app', endpoint: 'eu-west-1' };
const US = { service: 'app', endpoint: 'us-east-1' };
const AP = { service: 'app', endpoint: 'ap-southeast-1' };
const refuses = { code: 'refused', status: 503 };
const asParam = (file: FileData): Json => file as Json;
const order = (more: { readonly [key: string]: Json }) => ({
  region: 'eu-central-1',
  service: 'app',
  delayMs: 0,
  afterwards: 'auto',
  isForced: false,
  ...more,
});

export const SCRIPTS: Readonly<Record<string, Script>> = {
  'region-loss': {
    rows: ['F87'],
    healMinute: 40,
    endMinute: 75,
    faults: [during('region-lost', 5, 35, { region: 'us-east-1' })],
  },
  'two-regions': {
    rows: ['F89'],
    healMinute: 45,
    endMinute: 90,
    faults: [during('two-regions-lost', 5, 40, { regions: ['us-east-1', 'eu-west-1'] })],
  },
  'us-east-1-loss': {
    rows: ['F88'],
    healMinute: 85,
    endMinute: 125,
    faults: [during('us-east-1-lost', 5, 70, {})],
  },
  'control-plane-down': {
    rows: ['F82'],
    healMinute: 85,
    endMinute: 125,
    faults: [
      during('control-plane-down', 5, 80, {}),
      during('endpoint-refuses', 10, 60, { ...US, ...refuses }),
    ],
  },
  'split-brain': {
    rows: ['F55', 'F54', 'F17'],
    healMinute: 40,
    endMinute: 75,
    faults: [
      during('split-brain', 5, 35, { regions: ['eu-west-1', 'eu-central-1'] }),
      during('endpoint-refuses', 8, 30, { ...AP, ...refuses }),
      during('order-pin', 10, 25, order({ ...EU, weight: 50, key: 'split' })),
    ],
  },
  'frozen-writer': {
    rows: ['F46', 'F47', 'F72'],
    healMinute: 130,
    endMinute: 170,
    faults: [
      during('writer-frozen-after-record', 4, 128, { chance: 1, times: 3, ms: 1_000_000 }),
      during('writer-frozen-after-send', 4, 128, { chance: 0.4, times: 3, ms: 960_000 }),
      during('endpoint-refuses', 5, 12, { ...US, ...refuses }),
      during('endpoint-refuses', 35, 42, { ...EU, ...refuses }),
      during('endpoint-refuses', 70, 78, { ...AP, ...refuses }),
      during('endpoint-refuses', 100, 110, { ...US, ...refuses }),
    ],
  },
  'hand-edit': {
    rows: ['F73', 'F117'],
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('weight-edited', 5, 40, { ...AP, weight: 77, repair: 'adopt' }),
      during('ttl-edited', 8, 50, { ...AP, ttl: 45, repair: 'none' }),
      during('health-check-edited', 9, 50, { ...AP, repair: 'none' }),
      during('endpoint-refuses', 15, 30, { ...US, ...refuses }),
    ],
  },
  restore: {
    rows: ['F86', 'F83'],
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('zone-restored', 4, 50, { times: 2, afterMs: 20_000 }),
      during('commits-forgotten', 30, 55, { times: 1, afterMs: 0 }),
      during('endpoint-refuses', 5, 15, { ...US, ...refuses }),
      during('endpoint-refuses', 35, 45, { ...AP, ...refuses }),
    ],
  },
  'upgrade-rollback': {
    rows: ['F119'],
    healMinute: 45,
    endMinute: 80,
    faults: [
      during('released-and-rolled-back', 5, 30, {}),
      during('endpoint-refuses', 8, 20, { ...US, ...refuses }),
    ],
  },
  'order-blind': {
    rows: ['F105', 'F65'],
    healMinute: 40,
    endMinute: 75,
    faults: [
      during('order-without-table', 5, 15, { ...US, region: 'us-west-2', weight: 20 }),
      during('order-drain', 17, 30, order({ ...EU, key: 'blind', delayMs: 60_000 })),
      during('table-gone', 17.5, 35, {}),
    ],
  },
  'see-saw': {
    rows: ['F113'],
    file: TWO_ENDPOINTS,
    healMinute: 45,
    endMinute: 85,
    faults: [
      during('see-saw', 5, 40, {
        service: 'app',
        first: 'eu-west-1',
        others: ['us-east-1'],
        downMs: 120_000,
        gapMs: 150_000,
      }),
    ],
  },
  'see-saw-held': {
    rows: ['F113'],
    file: TWO_ENDPOINTS,
    healMinute: 45,
    endMinute: 85,
    faults: [
      during('order-drain', 4, 30, order({ ...EU, key: 'held' })),
      during('endpoint-refuses', 8, 35, { ...US, ...refuses }),
    ],
  },
  'common-cause': {
    rows: ['F32', 'F90'],
    healMinute: 40,
    endMinute: 75,
    faults: [during('all-fail', 5, 30, { service: 'app' })],
  },
  'common-certificates': {
    rows: ['F29', 'F27'],
    healMinute: 50,
    endMinute: 85,
    faults: [
      during('certificates-expire-together', 5, 20, { service: 'app' }),
      during('certificate-expires', 25, 40, { ...US, code: 'certificate-expired', status: 503 }),
    ],
  },
  tiers: {
    rows: ['F104', 'F34'],
    file: TIERS,
    healMinute: 60,
    endMinute: 100,
    faults: [
      during('first-tier-fails', 5, 25, {
        service: 'app',
        endpoints: ['eu-west-1', 'us-east-1'],
      }),
      during('returns-weak', 35, 58, { ...EU, downMs: 120_000, relapses: 1 }),
    ],
  },
  'dual-stack': {
    rows: ['F11', 'F12'],
    file: DUAL_STACK,
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('family-fails', 5, 20, { ...US, family: 6 }),
      during('no-ipv6-route', 22, 55, { region: 'us-west-2' }),
      during('family-fails', 35, 50, { ...AP, family: 4 }),
    ],
  },
  'typo-unproven': {
    rows: ['F114'],
    healMinute: 45,
    endMinute: 80,
    faults: [
      during('typo-in-the-path', 5, 25, {
        region: 'eu-west-1',
        service: 'app',
        gapMs: 2_000,
        file: asParam(withCheck({ url: 'https://{target}/typo' })),
        back: asParam(STANDARD_FILE),
      }),
    ],
  },
  'observe-mode': {
    rows: ['F108'],
    file: OBSERVED,
    healMinute: 45,
    endMinute: 80,
    faults: [
      during('observed-endpoint-fails', 5, 20, { service: 'docs', endpoint: 'us-east-1' }),
      during('all-fail', 25, 40, { service: 'docs' }),
      during('endpoint-refuses', 8, 20, { ...US, ...refuses }),
    ],
  },
  'packet-loss': {
    rows: ['F1', 'F8', 'F9'],
    healMinute: 65,
    endMinute: 100,
    faults: [
      during('packet-loss', 5, 60, { region: 'us-west-2', value: 0.3 }),
      during('gray', 20, 50, { ...AP, value: 0.1 }),
      during('flaps-fast', 30, 40, { ...US, downMs: 19_000, upMs: 20_000 }),
    ],
  },
  'vantage-cut-off': {
    rows: ['F2', 'F4', 'F3'],
    file: TWO_SERVICES,
    healMinute: 50,
    endMinute: 85,
    faults: [
      during('vantage-cut-off', 5, 20, { region: 'us-west-2' }),
      during('vantage-sees-all-down', 8, 30, { region: 'eu-central-1' }),
      during('own-dns-broken', 22, 35, { region: 'ap-southeast-1' }),
      during('report-not-written', 36, 45, { region: 'us-west-2' }),
    ],
  },
  'minority-cut-off': {
    rows: ['F5', 'F6', 'F7'],
    healMinute: 50,
    endMinute: 85,
    faults: [
      during('minority-cut-from-endpoint', 5, 20, { ...US, regions: ['eu-west-1', 'us-west-2'] }),
      during('majority-cut-from-endpoint', 25, 35, {
        ...AP,
        regions: ['eu-west-1', 'us-west-2', 'eu-central-1'],
      }),
      during('slow', 10, 40, EU),
    ],
  },
  'relapse-cap': {
    rows: ['F10'],
    healMinute: 360,
    endMinute: 480,
    faults: [during('flaps-slowly', 5, 355, { ...US, downMs: 150_000, upMs: 390_000 })],
  },
  'relapse-on-the-ramp': {
    rows: ['F34', 'F10'],
    healMinute: 240,
    endMinute: 330,
    faults: [during('returns-weak', 5, 235, { ...US, downMs: 180_000, relapses: 6 })],
  },
  'repeated-calls': {
    rows: ['F16', 'F43', 'F44', 'F45', 'F58', 'F59', 'F60', 'F66'],
    healMinute: 50,
    endMinute: 85,
    faults: [
      ...['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'].flatMap(
        (region) => [
          during('calls-repeated', 5, 45, { region, value: 0.4 }),
          during('triggers-twice', 10, 40, { region, value: 0.8 }),
        ],
      ),
      during('store-errors', 15, 30, { region: 'us-west-2', value: 0.3 }),
      during('reports-missed', 15, 30, { region: 'eu-central-1', value: 0.4 }),
      during('triggers-late', 10, 40, { region: 'us-east-1', value: 80_000 }),
      during('endpoint-refuses', 12, 25, { ...US, ...refuses }),
    ],
  },
  'wrong-answers': {
    rows: ['F18', 'F19', 'F20', 'F22', 'F33', 'F36'],
    file: WITH_BODY,
    healMinute: 95,
    endMinute: 130,
    faults: [
      during('endpoint-answers-an-error-page', 5, 12, { ...US, code: 'body', status: 200 }),
      during('endpoint-redirects', 22, 29, { ...EU, code: 'redirect-not-allowed', status: 503 }),
      during('target-not-resolved', 39, 46, { ...AP, code: 'address-not-allowed', status: 503 }),
      during('endpoint-errs', 56, 63, { ...US, code: 'status', status: 500 }),
      during('endpoint-is-another', 73, 80, { ...EU, code: 'header', status: 503 }),
    ],
  },
  'wrong-clocks': {
    rows: ['F38', 'F39', 'F40', 'F41', 'F30'],
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('clock-ahead', 5, 25, { region: 'us-west-2', value: 600_000 }),
      during('clock-behind', 10, 30, { region: 'eu-central-1', value: 600_000 }),
      during('clock-jumps', 32, 45, { region: 'ap-southeast-1', value: 3_600_000 }),
      during('clock-drifts', 5, 55, { region: 'eu-west-1', value: 500 }),
      during('clock-and-certificates', 46, 55, { region: 'us-west-2', value: -600_000 }),
      during('endpoint-refuses', 12, 40, { ...US, ...refuses }),
    ],
  },
  'two-configurations': {
    rows: ['F51'],
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('deployed-region-by-region', 5, 50, {
        region: 'eu-west-1',
        service: 'app',
        gapMs: 420_000,
        file: asParam(withCheck({ fall: 4 })),
      }),
      during('endpoint-refuses', 12, 30, { ...US, ...refuses }),
    ],
  },
  'older-configuration': {
    rows: ['F120'],
    healMinute: 55,
    endMinute: 90,
    faults: [
      during('older-file-in-one-region', 5, 50, {
        region: 'us-west-2',
        service: 'app',
        gapMs: 0,
        file: asParam(withPolicy({ 'hold-down': '7m' })),
      }),
      during('endpoint-refuses', 8, 20, { ...US, ...refuses }),
    ],
  },
  'replica-hours-late': {
    rows: ['F53', 'F103', 'F57'],
    healMinute: 200,
    endMinute: 240,
    faults: [
      during('replica-hours-late', 5, 195, { region: 'us-west-2', value: 5_400_000 }),
      during('replica-lags', 5, 100, { region: 'eu-central-1', value: 15_000 }),
      during('replica-lags', 5, 100, { region: 'us-east-1', value: 6_000 }),
      during('endpoint-refuses', 10, 25, { ...US, ...refuses }),
      during('endpoint-refuses', 60, 70, { ...EU, ...refuses }),
    ],
  },
  'broken-reports': {
    rows: ['F62', 'F63', 'F56', 'F61', 'F107'],
    healMinute: 50,
    endMinute: 85,
    faults: [
      during('report-malformed', 5, 30, { regions: ['us-west-2'] }),
      during('report-cut-short', 5, 20, { regions: ['eu-central-1'] }),
      during('report-of-another', 21, 40, { regions: ['eu-central-1'] }),
      during('writes-merged', 5, 45, { value: 0.3 }),
      once('ttl-removes', 42, { value: 300_000 }),
      once('stream-poisoned', 12, { region: 'eu-west-1' }),
      during('endpoint-refuses', 10, 25, { ...US, ...refuses }),
    ],
  },
  liars: {
    rows: ['F64'],
    healMinute: 75,
    endMinute: 110,
    faults: [
      during('liar-down', 5, 20, { regions: ['us-west-2', 'eu-central-1'] }),
      during('liar-up', 22, 40, { regions: ['us-west-2', 'eu-central-1'] }),
      during('liar-alternating', 42, 55, { regions: ['us-west-2', 'eu-central-1'] }),
      during('liar-per-reader', 57, 70, { regions: ['us-west-2', 'eu-central-1'] }),
      during('endpoint-refuses', 25, 35, { ...US, ...refuses }),
    ],
  },
  throttled: {
    rows: ['F67', 'F68', 'F69', 'F84', 'F85'],
    file: withPolicy({ 'hold-down': '2m', ramp: ['100%'] }),
    healMinute: 110,
    endMinute: 145,
    faults: [
      during('changes-throttled', 5, 12, { value: 1 }),
      during('endpoint-refuses', 5.5, 14, { ...US, ...refuses }),
      during('busy', 30, 36, { value: 0.9 }),
      during('endpoint-refuses', 30.5, 38, { ...EU, ...refuses }),
      during('access-denied', 55, 60, {}),
      during('endpoint-refuses', 55.5, 63, { ...AP, ...refuses }),
      during('fails-before-effect', 80, 84, { value: 1 }),
      during('endpoint-refuses', 80.5, 86, { ...US, ...refuses }),
      during('zone-not-found', 95, 100, { zone: 'Z0SIMULATED0000000' }),
      during('throttled', 101, 108, { value: 0.5 }),
    ],
  },
  'lost-replies': {
    rows: ['F70', 'F98', 'F69'],
    healMinute: 90,
    endMinute: 130,
    faults: [
      ...['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'].map((region) =>
        during('replies-lost', 4, 80, { region, value: 0.6 }),
      ),
      during('fails-after-effect', 40, 80, { value: 0.8 }),
      during('writer-frozen-after-send', 4, 85, { chance: 0.7, times: 4, ms: 400_000 }),
      during('endpoint-refuses', 5, 12, { ...US, ...refuses }),
      during('endpoint-refuses', 45, 55, { ...AP, ...refuses }),
    ],
  },
  'late-batches': {
    rows: ['F71', 'F81'],
    healMinute: 100,
    endMinute: 140,
    faults: [
      ...['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'].map((region) =>
        during('applied-late', 4, 60, { region, value: 0.7 }),
      ),
      during('stays-pending', 62, 80, { value: 900_000 }),
      during('endpoint-refuses', 5, 12, { ...US, ...refuses }),
      during('endpoint-refuses', 30, 38, { ...EU, ...refuses }),
      during('endpoint-refuses', 64, 72, { ...AP, ...refuses }),
    ],
  },
  races: {
    rows: ['F72', 'F97', 'F109'],
    file: withPolicy({ 'hold-down': '2m', ramp: ['100%'] }),
    healMinute: 300,
    endMinute: 390,
    faults: [
      during('no-turns', 3, 295, {}),
      during('flaps-slowly', 5, 150, { ...US, downMs: 120_000, upMs: 200_000 }),
      during('flaps-slowly', 160, 290, { ...AP, downMs: 120_000, upMs: 200_000 }),
      during('freeze-in-between', 30, 290, { chance: 0.2, times: 3, ms: 1_000 }),
      during('adopt-in-between', 30, 290, { chance: 0.2, times: 3, ms: 1_000 }),
      during('slow-writer', 3, 290, { chance: 0.5, times: 60, ms: 6_000 }),
      during('ttl-edited', 20, 280, { ...US, ttl: 45, repair: 'none' }),
    ],
  },
  'fence-missing': {
    rows: ['F74', 'F75', 'F99', 'F121'],
    healMinute: 80,
    endMinute: 115,
    faults: [
      during('fence-removed', 5, 15, { ...US, repair: 'adopt' }),
      during('fence-malformed', 20, 28, { ...US, how: 'two-values', repair: 'adopt' }),
      during('fence-foreign', 32, 40, { ...US, repair: 'adopt' }),
      during('fence-from-the-future', 45, 52, { ...US, repair: 'adopt' }),
      during('endpoint-refuses', 8, 12, { ...US, ...refuses }),
    ],
  },
  'records-missing': {
    rows: ['F76', 'F77', 'F78', 'F115'],
    file: TWO_SERVICES,
    healMinute: 80,
    endMinute: 115,
    faults: [
      during('target-edited', 5, 15, { ...US, repair: 'none' }),
      during('record-removed', 20, 30, { ...AP, repair: 'none' }),
      during('foreign-record', 24, 32, {
        service: 'pay',
        endpoint: 'us-west-2',
        repair: 'reassert',
      }),
      during('protected', 42, 70, { service: 'pay' }),
      during('made-simple', 60, 70, { ...US, repair: 'reassert' }),
      during('endpoint-refuses', 45, 60, { service: 'pay', endpoint: 'us-east-1', ...refuses }),
      during('endpoint-refuses', 8, 18, { service: 'pay', endpoint: 'us-west-2', ...refuses }),
    ],
  },
  'shared-batch': {
    rows: ['F101', 'F102'],
    file: TEN_SERVICES,
    healMinute: 30,
    endMinute: 60,
    faults: [
      during('one-of-a-batch-edited', 0.2, 25, { chance: 1, times: 1, ms: 1_000 }),
      during('region-of-many-lost', 5, 20, { region: 'us-east-1' }),
    ],
  },
  'zeroed-in-between': {
    rows: ['F111'],
    file: TWO_ENDPOINTS,
    healMinute: 40,
    endMinute: 75,
    faults: [
      during('others-zeroed-in-between', 3, 20, { chance: 1, times: 2, ms: 1_000 }),
      during('endpoint-refuses', 5, 18, { ...US, ...refuses }),
      during('endpoint-refuses', 22, 30, { ...EU, ...refuses }),
    ],
  },
  starved: {
    rows: ['F112', 'F49', 'F50', 'F118', 'F52'],
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('starved', 5, 40, { region: 'us-west-2', value: 900 }),
      during('cold-starts', 5, 40, { region: 'eu-central-1', value: 6_000 }),
      during('no-triggers', 15, 30, { region: 'ap-southeast-1', value: 0 }),
      during('throttled-functions', 20, 50, { region: 'eu-west-1', value: 1 }),
      during('starts-fail', 41, 50, { region: 'eu-central-1', value: 1 }),
      once('out-of-memory', 44, { region: 'us-east-1' }),
      during('endpoint-refuses', 10, 25, { ...US, ...refuses }),
    ],
  },
  'dead-writers': {
    rows: ['F106', 'F48', 'F13', 'F15'],
    healMinute: 100,
    endMinute: 140,
    faults: [
      during('writer-killed-after-record', 4, 90, { chance: 0.5, times: 4, ms: 1_000 }),
      during('writer-killed-after-send', 4, 90, { chance: 0.5, times: 4, ms: 1_000 }),
      during('writer-killed-after-effect', 4, 90, { chance: 0.5, times: 4, ms: 1_000 }),
      during('writer-times-out-in-batch', 4, 90, { chance: 0.5, times: 2, ms: 70_000 }),
      during('endpoint-times-out', 5, 12, { ...US, code: 'timeout', status: 503 }),
      during('endpoint-refuses', 40, 50, { ...EU, ...refuses }),
    ],
  },
  'members-change': {
    rows: ['F116'],
    healMinute: 110,
    endMinute: 150,
    faults: [
      during('endpoint-added', 5, 40, {
        region: 'eu-west-1',
        service: 'app',
        gapMs: 0,
        file: asParam(withEndpoint('extra-1', { address: '203.0.113.200', weight: 50 })),
        back: asParam(STANDARD_FILE),
      }),
      during('endpoint-dropped', 60, 100, {
        region: 'eu-west-1',
        service: 'app',
        dropped: 'ap-southeast-1',
        isRetired: true,
        file: asParam(withoutEndpoint('ap-southeast-1')),
        back: asParam(STANDARD_FILE),
      }),
    ],
  },
  'full-fence': {
    rows: ['F100'],
    file: MANY_ENDPOINTS,
    healMinute: 15,
    endMinute: 45,
    faults: [
      during('many-orders', 3, 12, {
        service: 'app',
        region: 'us-west-2',
        weight: 20,
        key: 'many',
      }),
    ],
  },
  'orders-refused': {
    rows: ['F110', 'F93'],
    healMinute: 30,
    endMinute: 60,
    faults: [
      during('order-that-leaves-nothing', 5, 12, order({ ...EU, key: 'nothing' })),
      during('order-replayed', 15, 25, order({ ...EU, weight: 40, key: 'again', gapMs: 5_000 })),
    ],
  },
  'firewall-403': {
    rows: ['F122', 'F31'],
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('firewall-answers-403', 15, 40, { service: 'app' }),
      during('health-path-lies', 45, 55, US),
    ],
  },
  'manual-failback': {
    rows: [],
    file: MANUAL,
    healMinute: 60,
    endMinute: 95,
    faults: [
      during('endpoint-refuses', 5, 15, { ...US, ...refuses }),
      once('approves', 30, { ...US, region: 'eu-west-1' }),
    ],
  },
};

export const SCENARIOS: Readonly<Record<string, (seed: string) => Scenario>> = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, script]) => [name, scenarioOf(name, script)]),
);
