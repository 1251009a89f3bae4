/** Runs `quorate doctor` over fakes and reads its one JSON document; worlds with one thing out of order. */
import { expect } from 'vitest';
import type { Line, State, Tally } from '../../../scripts/doctor/line.ts';
import type { Looks } from '../../../scripts/doctor/looks.ts';
import { vantageId, weight } from '../../../shared/core/model.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import { type QuorumWorld, quorumWorld, type WorldOptions } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleEndpoint } from '../../fakes/sample-service.ts';
import { inWorld, type Printed, shell } from '../cli/shell.ts';
import { healthyLooks } from './healthy-account.ts';

export const HOME = vantageId('eu-west-1');
export const EAST = vantageId('us-east-1');
export const here = sampleConfig();

export type Document = { readonly tally: Tally; readonly lines: readonly Line[] };

export async function printed(
  changes: Partial<Looks> = {},
  own: QuorumWorld = quorumWorld(),
  args: readonly string[] = [],
): Promise<Printed> {
  if (own.table.pulses.size === 0) {
    const at = own.clock.now();
    for (const region of own.config.vantages) own.table.pulses.set(region, { region, at });
  }
  return await shell(['doctor', ...args], {
    ...inWorld(own),
    looks: healthyLooks(own.config, changes),
  });
}

export async function doctor(
  changes: Partial<Looks> = {},
  own: QuorumWorld = quorumWorld(),
  args: readonly string[] = [],
): Promise<{ readonly code: number; readonly document: Document }> {
  const { code, out, err } = await printed(changes, own, [...args, '--json']);
  expect(err).toBe('');
  return { code, document: JSON.parse(out) };
}

export const linesOf = ({ lines }: Document, check: string): readonly Line[] =>
  lines.filter((line) => line.check === check);

export async function expectLine(
  changes: Partial<Looks>,
  check: string,
  state: State,
  says: string,
  where: readonly string[],
  own: QuorumWorld = quorumWorld(),
): Promise<void> {
  const { code, document } = await doctor(changes, own);
  const line = linesOf(document, check).find((one) => one.state === state);
  expect(line).toMatchObject({ where, says: expect.stringContaining(says) });
  if (state !== 'ok') expect(line?.remedy).toBeTruthy();
  expect(code).toBe(document.tally.fail > 0 ? 1 : 0);
}

export function world(options: WorldOptions): () => QuorumWorld {
  return () => quorumWorld(options);
}

export function edited(edit: (own: QuorumWorld) => void): () => QuorumWorld {
  return () => {
    const own = quorumWorld();
    edit(own);
    return own;
  };
}

export const recordsOf = (own: QuorumWorld, endpoint: string): readonly ZoneRecord[] =>
  own.zone.records().filter(({ setIdentifier }) => setIdentifier === endpoint);

export function change(
  own: QuorumWorld,
  to: (record: ZoneRecord) => ZoneRecord,
  endpoint = 'us-east-1',
): void {
  own.zone.edit(
    recordsOf(own, endpoint).flatMap((record) => [
      { action: 'DELETE' as const, record },
      { action: 'CREATE' as const, record: to(record) },
    ]),
  );
}

export function remove(own: QuorumWorld, endpoint = 'us-east-1'): void {
  own.zone.edit(recordsOf(own, endpoint).map((record) => ({ action: 'DELETE' as const, record })));
}

export function add(own: QuorumWorld, record: Partial<ZoneRecord>): void {
  own.zone.edit([
    {
      action: 'CREATE',
      record: { name: 'app.example.com', type: 'A', weight: 10, ttlSeconds: 30, ...record },
    },
  ]);
}

/** The file has one endpoint more than the zone. */
export function pendingWorld(): () => QuorumWorld {
  return () => {
    const own = quorumWorld();
    const service = own.config.services[0]!;
    const more = sampleEndpoint('sa-east-1', { weight: weight(10) });
    const config = {
      ...own.config,
      services: [{ ...service, endpoints: [...service.endpoints, more] }],
    };
    return { ...own, config };
  };
}

/** The file has one endpoint less than the zone. */
export function orphanWorld(left: number): () => QuorumWorld {
  return () => {
    const own = quorumWorld({ weights: { 'us-east-1': left } });
    const service = own.config.services[0]!;
    const endpoints = service.endpoints.filter(({ id }) => id !== 'us-east-1');
    return { ...own, config: { ...own.config, services: [{ ...service, endpoints }] } };
  };
}

export function ttlWorld(ttlSeconds: number, configured: number): () => QuorumWorld {
  return () => {
    const own = quorumWorld();
    own.zone.edit(
      own.zone.records().flatMap((record) =>
        record.type === 'A'
          ? [
              { action: 'DELETE' as const, record },
              { action: 'CREATE' as const, record: { ...record, ttlSeconds } },
            ]
          : [],
      ),
    );
    const service = own.config.services[0]!;
    return {
      ...own,
      config: { ...own.config, services: [{ ...service, ttlSeconds: configured }] },
    };
  };
}
