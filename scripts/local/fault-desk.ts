/**
 * Which faults hold now, and their effects on the parts of the world. In: faults, added and removed by
 * id, one at a time. Out: the parts as all remaining faults together say. A fault added twice is one
 * fault; acts (a hand edit, lost replies) are done at each POST.
 */
import type { Config } from '../../shared/core/model.ts';
import { isManagedType } from '../../shared/core/zone-record.ts';
import type { EndpointPark } from './endpoint-park.ts';
import { type Effects, effectsOf, type Fault, faultText, type KnownWorld } from './faults.ts';
import type { GlobalTable } from './global-table.ts';
import type { Region } from './regions.ts';
import type { LocalRoute53 } from './route53-server.ts';
import type { EventHub } from './world-events.ts';

export type FaultDesk = {
  readonly effects: () => Effects;
  readonly list: () => readonly (Fault & { readonly id: string })[];
  readonly add: (fault: Fault) => Promise<{ readonly id: string; readonly isNew: boolean }>;
  readonly remove: (id: string) => Promise<boolean>;
};

export type FaultDeskDeps = {
  readonly config: Config;
  readonly known: KnownWorld;
  readonly park: EndpointPark;
  readonly table: GlobalTable;
  readonly route53: LocalRoute53;
  readonly regions: ReadonlyMap<string, Region>;
  readonly events: EventHub;
  readonly now: () => number;
};

export function faultDesk(deps: FaultDeskDeps): FaultDesk {
  const { config, known, park, regions, route53, events, now } = deps;
  const faults = new Map<string, Fault>();
  const calmInsyncMs = route53.faults.insyncDelayMs;
  const tableTroubles = troublesOfTable(deps.table);
  let effects = effectsOf([], known);
  let count = 0;
  let turn: Promise<unknown> = Promise.resolve();
  /** One change at a time: ports close and open meanwhile. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const spread = async (): Promise<void> => {
    effects = effectsOf([...faults.values()], known);
    route53.faults.throttled = effects.throttled;
    route53.faults.down = effects.route53Down;
    const insyncMs = effects.insyncDelayMs ?? calmInsyncMs;
    if (route53.faults.insyncDelayMs !== insyncMs) route53.faults.insyncDelayMs = insyncMs;
    tableTroubles(effects);
    const isDown = (region: Region): boolean => effects.downVantages.has(region.vantage);
    await Promise.all([
      park.behave(effects.troubles),
      ...[...regions.values()].map((region) => region.setDown(isDown(region))),
    ]);
  };

  const act = (fault: Fault): void => {
    if (fault.kind === 'route53-reply-lost') route53.faults.replyLost = fault.count;
    if (fault.kind === 'hand-edit') {
      editByHand(route53, config, fault);
      const { service, endpoint, weight } = fault;
      events.emit({ event: 'hand-edit', at: now(), service, endpoint, weight });
    }
  };

  return {
    effects: () => effects,
    list: () => [...faults].map(([id, fault]) => ({ ...fault, id })),
    add: (fault) =>
      inTurn(async () => {
        act(fault);
        const text = faultText(fault);
        const same = [...faults].find(([, other]) => faultText(other) === text);
        if (same) return { id: same[0], isNew: false };
        count += 1;
        const id = `f${count}`;
        faults.set(id, fault);
        await spread();
        events.emit({ event: 'fault', at: now(), id, fault });
        return { id, isNew: true };
      }),
    remove: (id) =>
      inTurn(async () => {
        const fault = faults.get(id);
        if (!fault) return false;
        faults.delete(id);
        if (fault.kind === 'route53-reply-lost') route53.faults.replyLost = 0;
        await spread();
        events.emit({ event: 'fault-removed', at: now(), id, fault });
        return true;
      }),
  };
}

/** The table gives a healing for each trouble: what no fault asks for any more is healed. */
function troublesOfTable(table: GlobalTable): (effects: Effects) => void {
  const healings = new Map<string, () => void>();
  return (effects) => {
    const wanted = new Map<string, () => () => void>();
    for (const region of effects.partitioned) {
      wanted.set(`partition ${region}`, () => table.partition(region));
    }
    // A lost region takes its replica along; one where only the functions are down does not.
    for (const region of effects.downRegions) {
      if (effects.downVantages.has(region)) wanted.set(`down ${region}`, () => table.down(region));
    }
    for (const lag of effects.lags) {
      wanted.set(`lag ${JSON.stringify(lag)}`, () => table.setLag(lag));
    }
    for (const [name, heal] of healings) {
      if (wanted.has(name)) continue;
      heal();
      healings.delete(name);
    }
    for (const [name, start] of wanted) if (!healings.has(name)) healings.set(name, start());
  };
}

/** As in the console: every record of the endpoint, all names and types, to that weight. */
function editByHand(
  route53: LocalRoute53,
  config: Config,
  { service: id, endpoint, weight }: Extract<Fault, { kind: 'hand-edit' }>,
): void {
  const service = config.services.find((one) => one.id === id);
  const setIdentifier = service?.endpoints.find((one) => one.id === endpoint)?.setIdentifier;
  if (!service) return;
  const zone = route53.zone(service.zone.id);
  const records = zone
    .records()
    .filter(
      (record) =>
        isManagedType(record.type) &&
        service.names.includes(record.name) &&
        record.setIdentifier === setIdentifier,
    );
  zone.edit(records.map((record) => ({ action: 'UPSERT', record: { ...record, weight } })));
}
