/**
 * Seeded randomness: one stream per label, so that an extra draw in one subsystem moves no other. A
 * stream is sfc32 (public domain, Chris Doty-Humphrey), seeded from a text; only integer operations and
 * one division, so every engine draws the same numbers.
 */
export type Random = {
  /** 0 ≤ x < 1. */
  readonly next: () => number;
  /** An integer, from ≤ n ≤ to. */
  readonly integer: (from: number, to: number) => number;
  /** A number, from ≤ x < to. */
  readonly between: (from: number, to: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** Each kept with this probability, in the order given. */
  readonly some: <T>(list: readonly T[], probability: number) => readonly T[];
  readonly shuffled: <T>(list: readonly T[]) => readonly T[];
  /** A stream of its own, that depends on the seed and the labels alone. */
  readonly fork: (label: string) => Random;
};

export function seededRandom(seed: string): Random {
  let [a, b, c, d] = stateOf(seed);
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 12; i += 1) next();
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[integer(0, list.length - 1)] as T;
  };
  return {
    next,
    integer,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    pick,
    some: (list, probability) => list.filter(() => next() < probability),
    shuffled: (list) => {
      const rest = [...list];
      for (let i = rest.length - 1; i > 0; i -= 1) {
        const j = integer(0, i);
        [rest[i], rest[j]] = [rest[j] as (typeof rest)[number], rest[i] as (typeof rest)[number]];
      }
      return rest;
    },
    fork: (label) => seededRandom(`${seed}/${label}`),
  };
}

/** Four words from a text: FNV-1a, each word from another start. */
function stateOf(text: string): [number, number, number, number] {
  const word = (start: number): number => {
    let hash = start;
    for (let i = 0; i < text.length; i += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
    }
    return hash | 0;
  };
  return [word(2_166_136_261), word(374_761_393), word(668_265_263), word(1_274_126_177)];
}
