/**
 * Many random batches against both engines. In: where MiniStack answers, a seed and how many. Out: counts, and the first disagreement, shrunk to the fewest changes and records that
 * still show it. The same seed sends the same batches.
 */
import { CreateHostedZoneCommand, type Route53Client } from '@aws-sdk/client-route-53';
import { startRoute53 } from '../../../../scripts/local/route53-server.ts';
import { systemClock } from '../../../../shared/adapters/system-clock.ts';
import { type Batch, randomBatch } from './batches.ts';
import { type Judgement, judge, type Pair, turn } from './compare.ts';
import { randomBy } from './random.ts';
import { type DiffChange, type RecordSet, ZONE_NAME } from './record-set.ts';
import type { Rule } from './rules.ts';
import { clientOf, zoneUnderTest } from './zone-under-test.ts';

/** After so many a new zone starts empty, and a new seed, so that a piece can be repeated alone. */
export const BATCHES_PER_SEED = 100;
const LOCAL_ZONE = 'Z0123456789DIFFERENCE';

export type Disagreement = {
  readonly seed: number;
  readonly position: number;
  readonly wrong: readonly string[];
  readonly zone: readonly RecordSet[];
  readonly changes: readonly DiffChange[];
};

export type Tally = {
  readonly batches: number;
  readonly taken: number;
  readonly changes: number;
  readonly spelledOtherwise: number;
  readonly differs: Readonly<Partial<Record<Rule, number>>>;
  readonly seeds: readonly number[];
  readonly disagreement?: Disagreement;
};

export async function runDifferential(options: {
  readonly ministack: string;
  readonly seed: number;
  readonly batches: number;
}): Promise<Tally> {
  const { ministack, seed, batches } = options;
  const client = clientOf(ministack);
  const tally = { batches: 0, taken: 0, changes: 0, spelledOtherwise: 0 };
  const differs: Partial<Record<Rule, number>> = {};
  const seeds: number[] = [];
  try {
    for (let piece = 0; tally.batches < batches; piece += 1) {
      const pieceSeed = seed + piece;
      seeds.push(pieceSeed);
      let pair = await openPair(client);
      await using _ = { [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose]() };
      const random = randomBy(pieceSeed);
      let zone: readonly RecordSet[] = [];
      for (let n = 0; n < BATCHES_PER_SEED && tally.batches < batches; n += 1) {
        const batch = randomBatch(random, zone);
        const judged: Judgement = await judge(pair, zone, batch);
        tally.batches += 1;
        tally.changes += batch.changes.length;
        if (judged.taken) tally.taken += 1;
        if (batch.spellings.size > 0) tally.spelledOtherwise += 1;
        for (const rule of judged.differs) differs[rule] = (differs[rule] ?? 0) + 1;
        if (judged.wrong.length > 0) {
          const least = await shrunk(client, zone, batch, judged.wrong);
          return {
            ...tally,
            differs,
            seeds,
            disagreement: { seed: pieceSeed, position: n, ...least },
          };
        }
        zone = judged.after;
        if (zone.length > ZONE_MAX) {
          await pair[Symbol.asyncDispose]();
          pair = await openPair(client);
          zone = [];
        }
      }
    }
  } finally {
    client.destroy();
  }
  return { ...tally, differs, seeds };
}

/** A batch at a limit may leave a thousand records, which would slow down all that follow. */
const ZONE_MAX = 120;

let references = 0;

/** A new zone in each engine, both empty but for their own SOA and NS. */
async function openPair(client: Route53Client): Promise<Pair & AsyncDisposable> {
  references += 1;
  const CallerReference = `differential-${process.pid}-${references}`;
  const { HostedZone } = await client.send(
    new CreateHostedZoneCommand({ Name: ZONE_NAME, CallerReference }),
  );
  const server = await startRoute53({
    clock: systemClock(),
    zones: [{ id: LOCAL_ZONE, name: ZONE_NAME, records: [] }],
    insyncDelayMs: 0,
    buckets: false,
  });
  // The SDK takes the class of an error from one of AWS's two shapes only.
  server.faults.errorShape = 'list';
  const local = clientOf(server.url);
  return {
    local: zoneUnderTest(local, LOCAL_ZONE),
    ministack: zoneUnderTest(client, HostedZone?.Id?.replace('/hostedzone/', '') ?? ''),
    [Symbol.asyncDispose]: async () => {
      local.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Leaves out changes, then records of the zone, one at a time, as long as something stays wrong. */
async function shrunk(
  client: Route53Client,
  zone: readonly RecordSet[],
  batch: Batch,
  wrong: readonly string[],
): Promise<Pick<Disagreement, 'wrong' | 'zone' | 'changes'>> {
  let least = { wrong, zone, items: withSpellings(batch) };
  const attempt = async (given: typeof least): Promise<typeof least | undefined> => {
    await using pair = await openPair(client);
    try {
      for (const one of [pair.local, pair.ministack]) await turn(one, [], given.zone);
      const judged = await judge(pair, given.zone, fromSpelled(given.items));
      return judged.wrong.length > 0 ? { ...given, wrong: judged.wrong } : undefined;
    } catch {
      return undefined; // no zone that can be made
    }
  };
  for (let n = least.items.length - 1; n >= 0 && least.items.length > 1; n -= 1)
    least = (await attempt({ ...least, items: least.items.toSpliced(n, 1) })) ?? least;
  for (let n = least.zone.length - 1; n >= 0; n -= 1)
    least = (await attempt({ ...least, zone: least.zone.toSpliced(n, 1) })) ?? least;
  return {
    wrong: least.wrong,
    zone: least.zone,
    changes: least.items.map(({ action, record, spelling }) => ({
      action,
      record: { ...record, ...(spelling === undefined ? {} : { Name: spelling }) },
    })),
  };
}

type Spelled = DiffChange & { readonly spelling: string | undefined };
const withSpellings = ({ changes, spellings }: Batch): readonly Spelled[] =>
  changes.map((change, position) => ({ ...change, spelling: spellings.get(position) }));
const fromSpelled = (items: readonly Spelled[]): Batch => ({
  changes: items,
  spellings: new Map(
    items.flatMap(({ spelling }, position) =>
      spelling === undefined ? [] : [[position, spelling] as const],
    ),
  ),
});

/** For people: what to look at, and how to see it again. */
export const disagreementText = ({ seed, position, wrong, zone, changes }: Disagreement): string =>
  [
    `The engines disagree at seed ${seed}, batch ${position}:`,
    ...wrong.map((sentence) => `  ${sentence}`),
    'with this zone:',
    ...zone.map((record) => `  ${JSON.stringify(record)}`),
    'and this batch:',
    ...changes.map(({ action, record }) => `  ${action} ${JSON.stringify(record)}`),
    `Again: QUORATE_DIFFERENTIAL_SEED=${seed} QUORATE_DIFFERENTIAL_BATCHES=${position + 1} npm run test:engines -- test/engines/differential.test.ts`,
  ].join('\n');
