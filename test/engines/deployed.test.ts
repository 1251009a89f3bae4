/**
 * End to end on an engine that we did not write: the real `serverless deploy` of three regions on
 * MiniStack, its schedules and streams starting the packaged functions, its Route 53 taking their change
 * batches. One story, in chapters: each goes on where the one before it ended, so after a failed chapter
 * the rest is not told.
 *
 * QUORATE_TRANSCRIPT=file keeps what a person would have seen.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionName } from '../../scripts/names.ts';
import { sha256 } from '../../shared/adapters/digest.ts';
import { verifyChain } from '../../shared/core/chain.ts';
import { parseFence } from '../../shared/core/fence.ts';
import { epochMs } from '../../shared/core/model.ts';
import type { DecisionRecord } from '../../shared/core/record.ts';
import { apiDoors, OPERATOR } from './support/deployed/api-doors.ts';
import { type Aws, awsOf, type ZoneState } from './support/deployed/aws.ts';
import { type Deployment, deployment, PROJECT, type Ran } from './support/deployed/deployment.ts';
import { copyAsRelease } from './support/deployed/next-release.ts';
import { ACCOUNT, DEPLOYMENT, HOME, REGIONS, type Region } from './support/deployed/places.ts';
import { openTranscript, type Transcript } from './support/deployed/transcript.ts';
import { type DeployedWorld, openWorld, whereWorld } from './support/deployed/world.ts';
import { until, watchZone } from './support/deployed/zone-watch.ts';

/** A schedule fires within 70 s there; then three failed rounds of 5 s, a decision, three turns of 3 s. */
const FAILOVER_MS_MAX = 150_000;
/** Hold-down, two steps of the ramp, and up to a minute more for each: nothing calls for a round. */
const RETURN_MS_MAX = 270_000;
const ALL = { 'eu-west-1': 100, 'us-east-1': 100, 'ap-southeast-1': 100 };

whereWorld(() => {
  describe('deployed on MiniStack', () => {
    const resources = new AsyncDisposableStack();
    let world: DeployedWorld;
    let aws: Aws;
    let zone: string;
    let owner: Deployment;
    let present: string;
    let transcript: Transcript;
    let failedChapter: string | undefined;
    /** Of the API, as the deployment printed them. */
    let urlIds: ReadonlyMap<string, string>;
    /** Of the alias `read`, as the deployment kept them. */
    let readUrlIds: ReadonlyMap<string, string>;
    /** Under the first file: what the fence says of endpoints that were up by quorum under it. */
    let proven: readonly string[];

    beforeAll(async () => {
      process.env.AWS_ACCESS_KEY_ID = ACCOUNT;
      process.env.AWS_SECRET_ACCESS_KEY = 'e2e';
      world = resources.use(await openWorld());
      aws = resources.use(awsOf(world.url));
      zone = await aws.makeZone('example.test');
      owner = resources.use(await deployment(world.url, zone));
      present = await copyAsRelease(PROJECT, owner.folder, '0.1.0');
      owner.moveTo(present);
      transcript = openTranscript(process.env.QUORATE_TRANSCRIPT);
      const doors = resources.use(await apiDoors(world.url, process.env.AWS_SECRET_ACCESS_KEY));
      owner.useApi(doors.urls());
    });
    afterAll(async () => {
      if (failedChapter !== undefined) {
        process.stderr.write(`\nend of the world’s log:\n${(await world.log()).slice(-6_000)}\n`);
      }
      await resources.disposeAsync();
    });

    const chapter = (title: string, tell: () => Promise<void>): void => {
      it(title, async () => {
        if (failedChapter !== undefined) throw new Error(`not reached: “${failedChapter}” failed`);
        failedChapter = title;
        transcript.heading(title);
        await tell();
        failedChapter = undefined;
      });
    };

    const command = async (line: string, running: Promise<Ran>): Promise<Ran> => {
      const ran = await running;
      transcript.command(line, ran);
      return ran;
    };
    const state = (): Promise<ZoneState> => aws.zoneState(zone);
    const show = async (when: string): Promise<ZoneState> => {
      const found = await state();
      transcript.zone(when, found);
      return found;
    };
    /** Of the outside's look; an update in place or a creation ends differently, both are complete. */
    const allStacks = async (): Promise<readonly string[]> =>
      (await Promise.all(REGIONS.map((region) => aws.stacks(region)))).flatMap((stacks, at) =>
        stacks
          .map(({ StackName, StackStatus }) => `${REGIONS[at]} ${StackName} ${StackStatus}`)
          .sort(),
      );
    const weightIs = (region: Region, weight: number): Promise<ZoneState> =>
      until(
        `weight ${weight} of ${region}`,
        weight === 0 ? FAILOVER_MS_MAX : RETURN_MS_MAX,
        state,
        ({ weights }) => weights[region] === weight,
      );
    const decisions = async (region: Region): Promise<readonly DecisionRecord[]> =>
      (await aws.items(region, 'decision#app')).map(
        ({ body }) => body as unknown as DecisionRecord,
      );
    /** The record that took the endpoint's weight; it may be on its way home. */
    const removalOf = async (endpoint: Region, after: ZoneState): Promise<DecisionRecord> => {
      const isRemoval = ({ generation, lines }: DecisionRecord): boolean =>
        generation > (after.generation ?? 0) &&
        lines.some((line) => line.endpoint === endpoint && line.from > 0 && line.to === 0);
      const records = await until(
        `the record of ${endpoint}’s removal`,
        10_000,
        () => decisions(HOME),
        (all) => all.some(isRemoval),
      );
      return records.find(isRemoval) as DecisionRecord;
    };
    /** Of the commit that left the zone so. */
    const recordOf = async (
      { generation }: ZoneState,
      region: Region = HOME,
    ): Promise<DecisionRecord> => {
      const records = await until(
        `the record of generation ${generation}`,
        10_000,
        () => decisions(region),
        (all) => all.some((record) => record.generation === generation),
      );
      return records.find((record) => record.generation === generation) as DecisionRecord;
    };
    const checkChain = async (): Promise<number> => {
      const { fence } = await state();
      const parsed = parseFence([fence ?? ''], DEPLOYMENT, epochMs(Date.now()));
      if (parsed.kind !== 'managed') throw new Error(`the fence is ${parsed.kind}`);
      // Replication is asynchronous: the last record may be on its way home.
      const chain = await until(
        'a whole chain',
        10_000,
        async () => verifyChain(await decisions(HOME), parsed.fence, sha256),
        ({ kind }) => kind === 'whole',
      );
      return chain.kind === 'whole' ? chain.committed.length : 0;
    };

    chapter('refuses a vantage whose replica is not there, in one sentence', async () => {
      const ran = await command(
        'serverless deploy --region us-east-1',
        owner.serverless('deploy', '--region', 'us-east-1'),
      );

      expect(ran.code).toBe(3);
      const said = ran.all
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('warning:'));
      expect(said).toEqual([
        expect.stringMatching(
          /^there is no replica of table quorate-e2e in us-east-1 yet; run .?npm run deploy/,
        ),
      ]);
      expect(await allStacks()).toEqual([]);
    });

    chapter(
      'refuses a zone that is not there, and a half-deployed stack, before anything is made',
      async () => {
        await owner.configure({ zone: 'Z0123456789NOSUCHZONE' });
        await aws.leaveHalfDeployed('ap-southeast-1', DEPLOYMENT);

        const ran = await command('npm run deploy', owner.npm('deploy'));

        expect(ran.code).toBe(3);
        expect(ran.all).toMatch(/fail .*Z0123456789NOSUCHZONE/);
        expect(ran.all).toMatch(/fail .*stack quorate-e2e is REVIEW_IN_PROGRESS.*delete-stack/);
        expect(ran.all).toContain('nothing was changed');
        expect(await allStacks()).toEqual(['ap-southeast-1 quorate-e2e REVIEW_IN_PROGRESS']);
        await aws.deleteStack('ap-southeast-1', DEPLOYMENT);
        await owner.configure({ zone });
      },
    );

    chapter('deploys to three regions', async () => {
      const ran = await command('npm run deploy', owner.npm('deploy'));

      expect(ran.code).toBe(0);
      urlIds = new Map(
        [...ran.out.matchAll(/^(\S+) +https:\/\/(\w+)\.lambda-url\./gm)].map(
          ([, region = '', id = '']) => [region, id],
        ),
      );
      expect([...urlIds.keys()].sort()).toEqual([...REGIONS].sort());
      const kept = JSON.parse(
        await readFile(join(present, '.quorate', `${DEPLOYMENT}.json`), 'utf8'),
      ) as Readonly<Record<'urls' | 'override' | 'read', Readonly<Record<string, string>>>>;
      for (const urls of [kept.urls, kept.override, kept.read]) {
        expect(Object.keys(urls)).toEqual([...REGIONS]);
      }
      readUrlIds = new Map(
        Object.entries(kept.read).map(([region, url]) => [
          region,
          /^https:\/\/(\w+)\./.exec(url)?.[1] ?? '',
        ]),
      );
      expect(await allStacks()).toEqual([
        'eu-west-1 quorate-e2e UPDATE_COMPLETE',
        'eu-west-1 quorate-e2e-table UPDATE_COMPLETE',
        'us-east-1 quorate-e2e UPDATE_COMPLETE',
        'ap-southeast-1 quorate-e2e UPDATE_COMPLETE',
      ]);
      for (const region of REGIONS) {
        const reports = await aws.items(region, 'report#');
        expect(reports.map(({ pk }) => pk)).toEqual(REGIONS.map((one) => `report#${one}`).sort());
      }
    });

    chapter('brings the service in by the plan that was shown, and automation is on', async () => {
      const shown = await command('quorate apply app', owner.quorate('apply', 'app'));
      expect(shown.code).toBe(0);
      expect((await state()).weights).toEqual({});
      const checksum = / --apply (\S+)/.exec(shown.all)?.[1] ?? '';

      const reason = ['--reason', 'Quorate takes over'];
      const ran = await command(
        `quorate apply app --apply ${checksum} --reason "Quorate takes over"`,
        owner.quorate('apply', 'app', '--apply', checksum, ...reason),
      );

      expect(ran.code).toBe(0);
      expect((await show('brought in')).weights).toEqual(ALL);
      const status = await until(
        'automation on',
        FAILOVER_MS_MAX,
        () => owner.quorate('status'),
        ({ out }) => /automation: on /.test(out),
      );
      transcript.command('quorate status', status);
    });

    chapter('says in each region, at the URL that was printed, who decides', async () => {
      for (const region of REGIONS) {
        // A name under on.aws means nothing here; MiniStack takes the URL's id in a path as well.
        const url = `${world.url}/_aws/lambda-url/${urlIds.get(region)}/v1/status-lite`;
        expect((await fetch(url)).status).toBe(403);
        // MiniStack looks whether a request is signed, not by whom.
        const signed = { headers: { authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}` } };

        const answer = await until(
          `all deciding, as ${region} sees it`,
          FAILOVER_MS_MAX,
          async () => (await (await fetch(url, signed)).json()) as StatusLite,
          ({ vantages }) => vantages?.every(({ decides }) => decides) === true,
        );

        transcript.line(`GET /v1/status-lite of ${region}: ${JSON.stringify(answer)}`);
        expect(answer).toMatchObject({ region, majorityDecides: true, majority: 2 });
        expect(answer.vantages?.map((one) => one.region)).toEqual(REGIONS);
        const byAlias = `${world.url}/_aws/lambda-url/${readUrlIds.get(region)}/healthz`;
        expect((await fetch(byAlias)).status).toBe(403);
        expect((await fetch(byAlias, signed)).status).toBe(200);
      }
    });

    chapter(
      'drains through one region, loses that region, and undrains through another',
      async () => {
        const target: Region = 'ap-southeast-1';
        // A quorum notes in the fence what it saw up for the first time: a commit, which changes any plan.
        await until('all endpoints proven', FAILOVER_MS_MAX, state, isProven);
        const before = await show('before');
        const drain = ['drain', 'app', target, '--for', '30m'];
        const why = ['--reason', 'bad deploy 4711'];
        const asked = await command(
          `quorate ${drain.join(' ')} --reason "bad deploy 4711"`,
          owner.quorate(...drain, ...why),
        );
        expect(asked.code).toBe(0);
        expect((await state()).generation).toBe(before.generation);

        const drained = await command(
          `quorate ${drain.join(' ')} --apply ${checksumIn(asked)} --reason "bad deploy 4711"`,
          owner.quorate(...drain, '--apply', checksumIn(asked), ...why),
        );

        expect(drained.code).toBe(0);
        const during = await show('drained');
        expect(during.weights).toEqual({ ...ALL, [target]: 0 });
        const order = await recordOf(during);
        transcript.line(`the record says: ${order.actor} via ${order.via}`);
        expect(order).toMatchObject({
          actor: OPERATOR,
          order: { kind: 'drain', reason: 'bad deploy 4711' },
        });
        const through = REGIONS.find((region) => order.via?.includes(`api@${region}`));
        if (through === undefined) throw new Error(`no region took it: ${order.via}`);

        await world.stopRegion(through);
        transcript.line(`${through}: functions stopped, replica cut off`);
        const undrain = ['undrain', 'app', target];
        const back = await command(
          `quorate ${undrain.join(' ')} --reason "deployed 4712"`,
          owner.quorate(...undrain, '--reason', 'deployed 4712'),
        );
        expect(back.code).toBe(0);
        expect(back.err).toMatch(new RegExp(`answers; not ${through} `));
        const undrained = await command(
          `quorate ${undrain.join(' ')} --apply ${checksumIn(back)} --reason "deployed 4712"`,
          owner.quorate(...undrain, '--apply', checksumIn(back), '--reason', 'deployed 4712'),
        );

        expect(undrained.code).toBe(0);
        const after = await show('undrained');
        expect(after.generation).toBeGreaterThan(during.generation ?? 0);
        // A look may be as old as the API's snapshot of the zone: 10 s.
        const left = await until(
          'no order in force',
          30_000,
          () => owner.quorate('overrides'),
          ({ out }) => !out.includes('bad deploy 4711'),
        );
        transcript.command('quorate overrides', left);
        const elsewhere = REGIONS.find((region) => region !== through) ?? HOME;
        const cancelled = await recordOf(after, elsewhere);
        transcript.line(`the record says: ${cancelled.actor} via ${cancelled.via}`);
        expect(cancelled.actor).toBe(OPERATOR);
        expect(cancelled.via).toMatch(/api@/);
        expect(cancelled.via).not.toContain(`api@${through}`);

        await world.startRegion(through);
        // Nothing else calls for a round in a quiet world, and nobody wants to wait for four schedules.
        for (const id of ['probe', 'quorum'] as const) {
          void aws.invoke(through, functionName(DEPLOYMENT, id)).catch(() => undefined);
        }
        await until(
          `weight 100 of ${target}`,
          RETURN_MS_MAX,
          async () => {
            await aws.invoke(elsewhere, functionName(DEPLOYMENT, 'quorum'));
            return await state();
          },
          ({ weights }) => weights[target] === 100,
        );
        expect((await show('back')).weights).toEqual(ALL);
      },
    );

    chapter(
      'moves the weight away from an endpoint that dies, by a deployed function',
      async () => {
        const before = await until('all endpoints proven', FAILOVER_MS_MAX, state, isProven);
        proven = marksIn(before.fence);
        transcript.zone('before', before);
        await world.killEndpoint('ap-southeast-1');
        const killedAt = Date.now();

        const after = await weightIs('ap-southeast-1', 0);

        transcript.line(`weight 0 after ${Math.round((Date.now() - killedAt) / 1_000)} s`);
        transcript.zone('after the kill', after);
        expect(after.weights).toEqual({ ...ALL, 'ap-southeast-1': 0 });
        expect(after.generation).toBeGreaterThan(before.generation ?? 0);
        const { actor, lines } = await removalOf('ap-southeast-1', before);
        transcript.line(
          `committed by ${actor}: ${lines.map(({ sentence }) => sentence).join('; ')}`,
        );
        expect(actor).toMatch(/^quorum@(eu-west-1|us-east-1|ap-southeast-1)$/);
        expect((await command('quorate status', owner.quorate('status'))).code).toBe(0);
      },
    );

    chapter(
      'upgrades while the failover lasts and rolls back while it ends, without a flap',
      async () => {
        await using watch = watchZone(aws, zone);
        owner.moveTo(await copyAsRelease(PROJECT, owner.folder, '0.2.0'));
        await owner.configure({ fall: 4 });

        const upgraded = await command(
          'npm run deploy   # another release and file',
          owner.npm('deploy'),
        );

        expect(upgraded.code).toBe(0);
        const reports = await aws.items(HOME, 'report#');
        expect(reports.map(({ body }) => body.release)).toEqual(REGIONS.map(() => '0.2.0'));
        expect((await state()).weights).toEqual({ ...ALL, 'ap-southeast-1': 0 });

        await world.startEndpoint('ap-southeast-1');
        owner.moveTo(present);
        await owner.configure({ fall: 3 });
        const back = await command(
          'npm run deploy   # the release and file of before',
          owner.npm('deploy'),
        );

        expect(back.code).toBe(0);
        await weightIs('ap-southeast-1', 100);
        const seen = watch.seen();
        for (const one of seen) transcript.zone(new Date(one.at).toISOString().slice(11, 19), one);
        const returning = seen.map(({ weights }) => weights['ap-southeast-1'] ?? -1);
        expect(returning).toEqual([...returning].sort((a, b) => a - b));
        expect(seen.every(({ weights }) => weights['eu-west-1'] === 100)).toBe(true);
        expect(seen.every(({ weights }) => weights['us-east-1'] === 100)).toBe(true);
        const generations = seen.map(({ generation }) => generation ?? -1);
        expect(generations).toEqual([...generations].sort((a, b) => a - b));
        transcript.line(`${await checkChain()} records, the chain is whole`);
      },
    );

    chapter(
      'acts without a region that is lost as a whole: endpoint, functions, replica',
      async () => {
        // What is down before it was ever up under a new file stays in DNS, as that file may be wrong.
        const before = await until(
          'all endpoints proven under the file of now',
          FAILOVER_MS_MAX,
          state,
          ({ fence }) => marksIn(fence).join() === proven.join(),
        );
        transcript.zone('before', before);
        await world.stopRegion('us-east-1');
        await world.killEndpoint('us-east-1');

        const after = await weightIs('us-east-1', 0);

        transcript.zone('after', after);
        expect(after.weights).toEqual({ ...ALL, 'us-east-1': 0 });
        expect(after.generation).toBeGreaterThan(before.generation ?? 0);
        const { actor } = await removalOf('us-east-1', before);
        transcript.line(`committed by ${actor}`);
        expect(actor).toMatch(/^quorum@(eu-west|ap-southeast)-1$/);
        await command(
          'quorate status --region us-east-1',
          owner.quorate('status', '--region', 'us-east-1'),
        );

        await world.startRegion('us-east-1');
        await until(
          'what happened meanwhile in its replica',
          20_000,
          () => decisions('us-east-1'),
          (records) => records.some(({ generation }) => generation === after.generation),
        );
        expect(await checkChain()).toBe(after.generation);
      },
    );

    chapter('removes everything but records and history', async () => {
      const before = await show('before');
      const asked = await command('npm run remove', owner.npm('remove', '--yes'));
      expect(asked.code).toBe(3);
      expect(asked.err).toContain('--leave-weights');
      expect(asked.err).toContain('--restore-weights');

      const ran = await command(
        'npm run remove -- --yes --leave-weights',
        owner.npm('remove', '--yes', '--leave-weights'),
      );

      expect(ran.code).toBe(0);
      expect(await allStacks()).toEqual(['eu-west-1 quorate-e2e-table UPDATE_COMPLETE']);
      const after = await show('after');
      expect(after.weights).toEqual(before.weights);
      expect(after.fence).toBeNull();
      expect((await decisions('ap-southeast-1')).length).toBeGreaterThan(0);
      for (const region of REGIONS) expect(await aws.functions(region)).toEqual([]);
    });

    chapter('deploys again into the table that was kept', async () => {
      await world.startEndpoint('us-east-1');
      const records = (await decisions(HOME)).length;

      const ran = await command(
        'npm run deploy -- --only us-east-1',
        owner.npm('deploy', '--only', 'us-east-1'),
      );

      expect(ran.code).toBe(0);
      expect((await decisions(HOME)).length).toBe(records);
      expect(await allStacks()).toContain('us-east-1 quorate-e2e UPDATE_COMPLETE');
      const gone = await command(
        'npm run remove -- --yes --table',
        owner.npm('remove', '--yes', '--table'),
      );
      expect(gone.code).toBe(0);
      expect(await allStacks()).toEqual([]);
    });
  });
});

const checksumIn = ({ all }: Ran): string => / --apply (\S+)/.exec(all)?.[1] ?? '';

const isProven = ({ fence }: ZoneState): boolean => marksIn(fence).length === REGIONS.length;
const marksIn = (fence: string | null): readonly string[] =>
  [...(fence ?? '').replaceAll('" "', '').matchAll(/ e=[^ ,]+,p([^ ,"]+)/g)].map(
    ([, mark = '']) => mark,
  );

type StatusLite = {
  readonly vantages?: readonly { readonly region: string; readonly decides: boolean }[];
};
