/**
 * `npm run bench:audit`: how long it takes to verify a chain of 100,000 records, from items as the table
 * hands them out to the verdict. The median of five runs counts; beyond 5 s the exit code is 1.
 */
import { sha256 } from '../shared/adapters/digest.ts';
import { chainReading } from '../shared/core/chain.ts';
import { type Digest, epochMs, nonce, serviceId, vantageId } from '../shared/core/model.ts';
import { type DecisionRecord, recordDigest } from '../shared/core/record.ts';

const RECORDS = 100_000;
const RUNS = 5;
const GOAL_MS = 5_000;
const PAGE = 500;
const VANTAGES = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'];

const items = chainOf(RECORDS);
const bytes = items.reduce((total, text) => total + text.length, 0) / items.length;
const times: number[] = [];
const cpu: number[] = [];
for (let run = 1; run <= RUNS; run += 1) {
  const from = performance.now();
  const used = process.cpuUsage();
  const reading = chainReading(serviceId('app'), sha256);
  for (let at = 0; at < items.length; at += PAGE) {
    reading.take(items.slice(at, at + PAGE).map((text) => JSON.parse(text) as unknown));
  }
  const newest = JSON.parse(items[0] as string) as DecisionRecord;
  const record = recordDigest(newest, sha256);
  const { kind, records } = reading.judge({ anchor: { generation: RECORDS, record } });
  const ms = performance.now() - from;
  if (kind !== 'whole' || records !== RECORDS) throw new Error(`run ${run}: ${kind}, ${records}`);
  const { user, system } = process.cpuUsage(used);
  times.push(ms);
  cpu.push((user + system) / 1_000);
  console.log(`run ${run}   ${(ms / 1_000).toFixed(2)} s`);
}
const median = medianOf(times);
console.log(
  `median ${(median / 1_000).toFixed(2)} s (${(medianOf(cpu) / 1_000).toFixed(2)} s of CPU) for ${RECORDS.toLocaleString('en')} records of ${Math.round(bytes)} bytes, goal ${GOAL_MS / 1_000} s`,
);
process.exitCode = median <= GOAL_MS ? 0 : 1;

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Newest first, as JSON: what a table holds. Each names the digest of the one before. */
function chainOf(length: number): readonly string[] {
  const texts: string[] = [];
  let parent: Digest | null = null;
  for (let generation = 1; generation <= length; generation += 1) {
    const record = recordOf(generation, parent);
    parent = recordDigest(record, sha256);
    texts.push(JSON.stringify(record));
  }
  return texts.reverse();
}

function recordOf(generation: number, parent: Digest | null): DecisionRecord {
  const votes = Object.fromEntries(VANTAGES.map((vantage) => [vantage, 'up']));
  return {
    format: 1,
    service: serviceId('app'),
    generation,
    nonce: nonce(generation.toString(36).padStart(8, '0')),
    parent,
    region: vantageId(VANTAGES[generation % VANTAGES.length] as string),
    actor: 'quorum@eu-west-1',
    at: epochMs(1_782_864_000_000 + generation * 60_000),
    config: 'yqV1hX0l6ZbTtqH3r4Yb0A',
    lines: ['eu-west-1', 'us-east-1', 'ap-southeast-1'].map((endpoint) => ({
      endpoint,
      verdict: 'up',
      from: 100,
      to: 100,
      code: 'healthy',
      sentence: `up: ${endpoint} passes in 5 of 5 vantages`,
      votes,
    })),
    sentences: ['returned: us-east-1 is back at its full weight'],
    plan: 'app   generation 41 → 42\n  app.example.com A us-east-1   50 → 100',
    checksum: '9c1f4e20',
    outbox: [],
  };
}
