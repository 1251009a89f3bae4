/**
 * Zones and batches as numbers. A zone is what stands in it and the chain of batches that took effect,
 * as somebody noted it who stood beside; applying a batch follows Route 53's exact semantics. Equal
 * things have equal numbers, so that states can be compared and steps remembered.
 */
import {
  applyBatch,
  type EngineChange,
  type HostedZone,
  hostedZone,
  listRecords,
} from '../../scripts/local/zone-engine.ts';
import type { DecisionRecord } from '../../shared/core/record.ts';
import type { Change, ZoneRecord } from '../../shared/core/zone-record.ts';

/** What a fence says, as far as judging needs it. */
export type FenceLook = {
  readonly generation: number;
  readonly nonce: string;
  readonly parentNonce: string | null;
  readonly asofAt: number;
  readonly record: string;
};

/** What stands in the zone. */
export type Content = {
  readonly id: number;
  readonly hosted: HostedZone;
  /** Without the zone's own SOA and NS, in listing order. */
  readonly records: readonly ZoneRecord[];
  /** Equal texts: equal in every field. */
  readonly text: string;
  readonly fenceText: string | null;
  readonly fence: FenceLook | null;
  /** Set identifier → weight. */
  readonly weights: ReadonlyMap<string, number>;
};

export type Batch = {
  readonly id: number;
  readonly writer: number;
  readonly changes: readonly Change[];
  /** Of the fence that it would leave; 0 and empty where it leaves none. */
  readonly generation: number;
  readonly nonce: string;
  readonly fence: FenceLook | null;
  /** What its writer had read. */
  readonly read: number;
  /** The epoch whose reports its writer saw, and the one in which it decided. */
  readonly view: number;
  readonly decided: number;
  readonly isAutomated: boolean;
};

/** A zone at one moment of its history. */
export type ZoneNode = {
  readonly id: number;
  readonly content: number;
  /** The last batch that took effect and the zone node it left; null at the beginning. */
  readonly last: { readonly batch: number; readonly before: ChainNode | null } | null;
};
export type ChainNode = {
  readonly id: number;
  readonly batch: number;
  readonly before: ChainNode | null;
};

export type Zones = {
  readonly first: number;
  readonly content: (id: number) => Content;
  readonly contentOf: (zone: number) => Content;
  readonly chainOf: (zone: number) => readonly number[];
  readonly isInChain: (zone: number, batch: number) => boolean;
  readonly batch: (id: number) => Batch;
  readonly batches: () => number;
  readonly count: () => number;
  readonly internBatch: (batch: Omit<Batch, 'id' | 'generation' | 'nonce' | 'fence'>) => Batch;
  readonly internRecords: (records: readonly ZoneRecord[]) => Content;
  /** Null: refused, nothing changed. */
  readonly apply: (zone: number, batch: number) => number | null;
  /** A person sets one weight; null where it has that weight already. */
  readonly edit: (zone: number, endpoint: string, weight: number) => number | null;
  /** The zone as it was at first, byte for byte; null where it is so. */
  readonly restore: (zone: number) => number | null;
  readonly note: (record: DecisionRecord, digest: string) => void;
  /** Records of the decisions that led to what stands in a zone, newest first. */
  readonly history: (records: readonly ZoneRecord[]) => readonly unknown[];
};

export function newZones(
  first: readonly ZoneRecord[],
  seed: { readonly generation: number; readonly nonce: string; readonly service: string },
): Zones {
  const contents: Content[] = [];
  const contentIds = new Map<string, number>();
  const chains: ChainNode[] = [];
  const chainIds = new Map<string, ChainNode>();
  const nodes: { readonly content: number; readonly chain: ChainNode | null }[] = [];
  const nodeIds = new Map<string, number>();
  const batches: Batch[] = [];
  const batchIds = new Map<string, number>();
  const applied = new Map<number, number | null>();
  const decided = new Map<string, DecisionRecord>();

  const internHosted = (hosted: HostedZone): Content => {
    const records = listRecords(hosted).filter(
      ({ name, type }) => name !== hosted.name || (type !== 'SOA' && type !== 'NS'),
    );
    const text = JSON.stringify(records);
    const known = contents[contentIds.get(text) ?? -1];
    if (known !== undefined) return known;
    const fenceRecord = records.find(({ type }) => type === 'TXT');
    const content: Content = {
      id: contents.length,
      hosted,
      records,
      text,
      fenceText: fenceRecord === undefined ? null : JSON.stringify(fenceRecord),
      fence: fenceRecord === undefined ? null : lookAt(fenceRecord),
      weights: new Map(
        records.flatMap(({ setIdentifier, weight }) =>
          setIdentifier === undefined || weight === undefined ? [] : [[setIdentifier, weight]],
        ),
      ),
    };
    contents.push(content);
    contentIds.set(text, content.id);
    return content;
  };
  const zoneName = 'example.com';
  const internRecords = (records: readonly ZoneRecord[]): Content =>
    internHosted(hostedZone({ id: 'Z0123456789ABCDEFGHIJ', name: zoneName, records }));
  const internNode = (content: number, chain: ChainNode | null): number => {
    const key = `${content} ${chain?.id ?? -1}`;
    const known = nodeIds.get(key);
    if (known !== undefined) return known;
    const id = nodes.push({ content, chain }) - 1;
    nodeIds.set(key, id);
    return id;
  };
  const internChain = (before: ChainNode | null, batch: number): ChainNode => {
    const key = `${before?.id ?? -1} ${batch}`;
    const known = chainIds.get(key);
    if (known !== undefined) return known;
    const node = { id: chains.length, batch, before };
    chains.push(node);
    chainIds.set(key, node);
    return node;
  };
  const at = <T>(list: readonly T[], id: number): T => {
    const one = list[id];
    if (one === undefined) throw new Error(`there is no number ${id}`);
    return one;
  };
  const contentOf = (zone: number): Content => at(contents, at(nodes, zone).content);
  const changed = (zone: number, changes: readonly EngineChange[]): Content | null => {
    const outcome = applyBatch(contentOf(zone).hosted, changes);
    return outcome.kind === 'refused' ? null : internHosted(outcome.zone);
  };
  const edited = new Map<string, number | null>();
  const editedZone = (zone: number, endpoint: string, weight: number): number | null => {
    const { records } = contentOf(zone);
    const record = records.find(({ setIdentifier }) => setIdentifier === endpoint);
    if (record === undefined || record.weight === weight) return null;
    const content = changed(zone, [
      { action: 'DELETE', record },
      { action: 'CREATE', record: { ...record, weight } },
    ]);
    return content === null ? null : internNode(content.id, at(nodes, zone).chain);
  };
  const firstZone = internNode(internRecords(first).id, null);

  return {
    first: firstZone,
    content: (id) => at(contents, id),
    contentOf,
    chainOf: (zone) => {
      const chain: number[] = [];
      for (let node = at(nodes, zone).chain; node !== null; node = node.before) {
        chain.push(node.batch);
      }
      return chain;
    },
    isInChain: (zone, batch) => {
      let node = at(nodes, zone).chain;
      while (node !== null && node.batch !== batch) node = node.before;
      return node !== null;
    },
    batch: (id) => at(batches, id),
    batches: () => batches.length,
    count: () => nodes.length,
    internRecords,
    internBatch: (wanted) => {
      const key = JSON.stringify(wanted);
      const known = batches[batchIds.get(key) ?? -1];
      if (known !== undefined) return known;
      const created = wanted.changes.find(
        ({ action, record }) => action !== 'DELETE' && record.type === 'TXT',
      );
      const fence = created === undefined ? null : lookAt(created.record);
      const batch: Batch = {
        ...wanted,
        id: batches.length,
        generation: fence?.generation ?? 0,
        nonce: fence?.nonce ?? '',
        fence,
      };
      batches.push(batch);
      batchIds.set(key, batch.id);
      return batch;
    },
    apply: (zone, batch) => {
      const key = zone * 2 ** 22 + batch;
      const known = applied.get(key);
      if (known !== undefined) return known;
      const content = changed(zone, at(batches, batch).changes);
      const after =
        content === null ? null : internNode(content.id, internChain(at(nodes, zone).chain, batch));
      applied.set(key, after);
      return after;
    },
    edit: (zone, endpoint, weight) => {
      const key = `${zone} ${endpoint} ${weight}`;
      const known = edited.get(key);
      if (known !== undefined) return known;
      const after = editedZone(zone, endpoint, weight);
      edited.set(key, after);
      return after;
    },
    restore: (zone) => {
      const { content } = at(nodes, firstZone);
      const node = at(nodes, zone);
      return node.content === content ? null : internNode(content, node.chain);
    },
    note: (record, digest) => {
      decided.set(digest, record);
    },
    history: (records) => {
      const fenceRecord = records.find(({ type }) => type === 'TXT');
      const look = fenceRecord === undefined ? null : lookAt(fenceRecord);
      const items: unknown[] = [];
      let digest: string | null = look?.record ?? null;
      for (
        let one = decided.get(digest ?? '');
        one !== undefined;
        one = decided.get(digest ?? '')
      ) {
        items.push(one);
        digest = one.parent;
      }
      return [...items, seed];
    },
  };
}

/** The text of a `_quorate` record, read by its letters alone: `g=41 n=… p=… a=<base 36> r=…`. */
export function lookAt(record: ZoneRecord): FenceLook | null {
  const text = (record.values?.[0] ?? '').split('" "').join('').replaceAll('"', '');
  const field = (letter: string): string | null =>
    text
      .split(' ')
      .find((token) => token.startsWith(`${letter}=`))
      ?.slice(2) ?? null;
  const generation = Number(field('g') ?? Number.NaN);
  if (!text.startsWith('quorate') || Number.isNaN(generation)) return null;
  return {
    generation,
    nonce: field('n') ?? '',
    parentNonce: field('p'),
    asofAt: Number.parseInt(field('a') ?? '0', 36),
    record: field('r') ?? '',
  };
}
