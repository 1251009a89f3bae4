/**
 * `npm run bench:audit`: how long it takes to verify a chain of 100,000 records, from items as the table
 * hands them out to the verdict. Measured against what no verifier can do without, on the same items in the
 * same run: parse each, print it, hash it. Five pairs, in turn; the median of their ratios counts, so
 * a slow or busy machine changes the seconds and not the exit code, which is 1 beyond 3 times that floor.
 * The seconds are printed beside the goal of 5 s for whoever asks this machine.
 */
import { hash } from 'node:crypto';
import { sha256 } from '../shared/adapters/digest.ts';
import { chainReading } from '../shared/core/chain.ts';
import { type Digest, epochMs, nonce, serviceId, vantageId } from '../shared/core/model.ts';
import { type DecisionRecord, recordDigest } from '../shared/core/record.ts';

const RECORDS = 100_000;
const RUNS = 5;
const GOAL_S = 5;
const RATIO_MAX = 3;
const PAGE = 500;
const VANTAGES = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'];

const items = chainOf(RECORDS);
const bytes = items.reduce((total, text) => total + text.length, 0) / items.length;

const floors: number[] = [];
const verified: number[] = [];
const ratios: number[] = [];
for (let run = 1; run <= RUNS; run += 1) {
  const floor = msOf(hashAll);
  const full = msOf(verifyAll);
  floors.push(floor);
  verified.push(full);
  ratios.push(full / floor);
  console.log(
    `run ${run}   verified ${secondsOf(full)}   parse, print and hash alone ${secondsOf(floor)}   ratio ${(full / floor).toFixed(2)}`,
  );
}
const ratio = medianOf(ratios);
console.log(
  `median ${secondsOf(medianOf(verified))} for ${RECORDS.toLocaleString('en')} records of ${Math.round(bytes)} bytes (goal ${GOAL_S} s on a machine of its own)`,
);
console.log(
  `median ratio ${ratio.toFixed(2)} to parse, print and hash alone (${secondsOf(medianOf(floors))}), at most ${RATIO_MAX}`,
);
process.exitCode = ratio <= RATIO_MAX ? 0 : 1;

/** From items to the verdict, page by page as the table lists them. */
function verifyAll(): void {
  const reading = chainReading(serviceId('app'), sha256);
  for (let at = 0; at < items.length; at += PAGE) {
    reading.take(items.slice(at, at + PAGE).map((text) => JSON.parse(text) as unknown));
  }
  const newest = JSON.parse(items[0] as string) as DecisionRecord;
  const record = recordDigest(newest, sha256);
  const { kind, records } = reading.judge({ anchor: { generation: RECORDS, record } });
  if (kind !== 'whole' || records !== RECORDS) throw new Error(`${kind}, ${records} records`);
}

/** What cannot be left out: every byte read, printed again and hashed. */
function hashAll(): void {
  const distinct = new Set<string>();
  for (const text of items) {
    distinct.add(hash('sha256', JSON.stringify(JSON.parse(text)), 'base64url'));
  }
  if (distinct.size !== RECORDS) throw new Error(`${distinct.size} distinct records`);
}

function msOf(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function secondsOf(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

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
