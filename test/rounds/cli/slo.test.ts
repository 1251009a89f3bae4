import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { sloSchema } from '../../../shared/api/slo.ts';
import { epochMs, type Service, serviceId } from '../../../shared/core/model.ts';
import { storedRollup } from '../../../shared/core/rollup.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import { fakeStore } from '../../fakes/fake-store.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../../fakes/sample-service.ts';
import { HOUR, MINUTE, minute, START, tally } from '../../fakes/slo-world.ts';
import { type Printed, shell } from './shell.ts';

const NEVER = new AbortController().signal;
const SLO = { availabilityPercent: 99, windowMs: 30 * 24 * HOUR };
const FINE = [tally('eu', 6), tally('us', 6)];
const HALF = [tally('eu', 6), tally('us', 0, 6)];

describe('quorate slo', () => {
  it('shows what was promised, what was measured, what is left and how it burns', async () => {
    const { code, out } = await slo([], { services: [service({ slo: SLO }), BARE] });

    expect(code).toBe(0);
    expect(
      out,
    ).toBe(`service   objective                   measured   budget left   burn 1 h, 6 h, 3 d   measured for
app       availability 99 % in 30 d   100 %      100 %         0, 0, –              60 of 43200 min

app: availability 100 % (objective 99 %), 100 % of the budget of 30 d is left; measured 60 of 43200 min, weighted as the file says, no committed change is on record
api states no objective; give it one in quorate.yml, such as slo: 99.95%
`);
  });

  it('prints the document of the API', async () => {
    const { out } = await slo(['app', '--json'], {});

    const document = v.parse(sloSchema, JSON.parse(out));
    expect(document).toMatchObject({ deployment: 'quorate-test', region: 'eu-west-1' });
    expect(document.services.map(({ service: id }) => id)).toEqual(['app']);
  });

  it('shows each objective of a service on a line of its own', async () => {
    const both = { ...SLO, latency: { thresholdMs: 300, percent: 95 } };

    const { out } = await slo(['app'], { services: [service({ slo: both })] });

    expect(out).toMatch(/^app +availability 99 % in 30 d .*\n +latency under 300 ms 95 % in 30 d/m);
  });

  it('--gate lets a pipeline go on while the budget is kept', async () => {
    const { code, err } = await slo(['app', '--gate'], {});

    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('--gate stops a pipeline while the budget burns, and says why', async () => {
    const { code, out, err } = await slo(['--gate'], { lines: HALF });

    expect(code).toBe(3);
    expect(out).toContain('50 burns');
    expect(err).toBe(
      'stopped: the availability budget of app burns 50 times too fast over 1 h and 5 min (the limit is 14.4)\n',
    );
  });

  it('--gate stops where nobody looked', async () => {
    const { code, err } = await slo(['--gate'], { lines: [] });

    expect({ code, err }).toEqual({
      code: 3,
      err: 'stopped: too little of app was measured in the last hour, so its availability is not known\n',
    });
  });

  it.each([
    [['app', '--gate'], 'app states no objective'],
    [['--gate'], 'no service states an objective'],
  ])('--gate has nothing to wait for where nothing is promised: %j', async (args, said) => {
    const { code, err } = await slo(args, { services: [service({})] });

    expect(code).toBe(2);
    expect(err).toContain(said);
  });
});

const service = (changes: Partial<Service>): Service =>
  sampleService({ endpoints: [sampleEndpoint('eu'), sampleEndpoint('us')], ...changes });
const BARE = service({ id: serviceId('api') });

/** An hour of minutes, and the command at its end. */
async function slo(
  args: readonly string[],
  {
    services = [service({ slo: SLO })],
    lines = FINE,
  }: { services?: readonly Service[]; lines?: typeof FINE },
): Promise<Printed> {
  const clock = fakeClock(epochMs(START + 60 * MINUTE));
  const store = fakeStore(undefined, clock);
  for (let at = 0; at < 60; at += 1)
    await store.writeRollup(storedRollup(minute(at, lines)), NEVER);
  const config = sampleConfig({ services });
  return await shell(['slo', ...args], { overrides: { config, clock, store } });
}
