/**
 * Distinct states, numbered in the order in which they were found. A state is a row of integers of a fixed
 * width; the table holds rows in one typed array and finds them by hash, so that millions fit. Each row
 * keeps where it was reached from.
 */
export type StateTable = {
  readonly count: () => number;
  /** The number of a row, and whether it is new. The row is copied. */
  readonly add: (row: Int32Array, from: number, depth: number) => { id: number; isNew: boolean };
  readonly load: (id: number, into: Int32Array) => void;
  readonly from: (id: number) => number;
  readonly depth: (id: number) => number;
};

export function stateTable(width: number): StateTable {
  let capacity = 1 << 16;
  let rows = new Int32Array(capacity * width);
  let froms = new Int32Array(capacity);
  let depths = new Uint16Array(capacity);
  let slots = new Int32Array(capacity * 2).fill(-1);
  let count = 0;
  const found = { id: 0, isNew: false };

  const hashOf = (row: Int32Array, offset: number): number => {
    let hash = 0x811c9dc5;
    for (let word = 0; word < width; word += 1) {
      hash = Math.imul(hash ^ (row[offset + word] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
    return (hash ^ (hash >>> 16)) >>> 0;
  };
  const grow = (): void => {
    capacity *= 2;
    const wider = new Int32Array(capacity * width);
    wider.set(rows);
    rows = wider;
    const moreFroms = new Int32Array(capacity);
    moreFroms.set(froms);
    froms = moreFroms;
    const moreDepths = new Uint16Array(capacity);
    moreDepths.set(depths);
    depths = moreDepths;
    slots = new Int32Array(capacity * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < count; id += 1) {
      let slot = hashOf(rows, id * width) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
  };

  return {
    count: () => count,
    from: (id) => froms[id] as number,
    depth: (id) => depths[id] as number,
    load: (id, into) => {
      const offset = id * width;
      for (let word = 0; word < width; word += 1) into[word] = rows[offset + word] as number;
    },
    add: (row, from, depth) => {
      const mask = slots.length - 1;
      let slot = hashOf(row, 0) & mask;
      for (let id = slots[slot] as number; id !== -1; id = slots[slot] as number) {
        const offset = id * width;
        let word = 0;
        while (word < width && rows[offset + word] === row[word]) word += 1;
        if (word === width) {
          found.id = id;
          found.isNew = false;
          return found;
        }
        slot = (slot + 1) & mask;
      }
      if (count === capacity) {
        grow();
        const wide = slots.length - 1;
        slot = hashOf(row, 0) & wide;
        while (slots[slot] !== -1) slot = (slot + 1) & wide;
      }
      rows.set(row, count * width);
      froms[count] = from;
      depths[count] = depth;
      slots[slot] = count;
      found.id = count;
      found.isNew = true;
      count += 1;
      return found;
    },
  };
}
