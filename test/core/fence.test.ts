/** The fence: what it prints, what it reads back, and what every other text is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FENCE_CHARACTERS_MAX,
  type Fence,
  type FenceEntry,
  fenceFits,
  fenceValue,
  newEntry,
  parseFence,
  printFence,
} from '../../shared/core/fence.ts';
import {
  digest,
  type EpochMs,
  epochMs,
  nonce,
  type OrderId,
  type Weight,
} from '../../shared/core/model.ts';
import { arbDamaged, arbEntry, arbFence } from '../arbitraries/fences.ts';
import { NOW } from '../fakes/decision-world.ts';

const at = (ms: number): string => ms.toString(36);
const a = at(NOW - 5_000);
const t = at(NOW - 86_400_000);
const from = at(NOW);
const until = at(NOW + 3_600_000);

const HEAD = `quorate1 d=prod g=41 n=nonce041 p=nonce040 a=${a} c=cfg t=${t} r=rec`;
const ENTRIES = `e=AAAAAA:100,pBBBBBB,c${a},f${a} e=CCCCCC:0,o,c${a},x${a},v${a},l2,w,y`;
const ORDERS = `o=order001:d@AAAAAA,w0,b${from},u${until},s o=order002:p+DDDDDD,w30,b${from},u${until},a,f f=`;
const ORDER = `o=order001:d@AAAAAA,w0,b${from},u${until},s`;
const GOOD = `${HEAD} ${ENTRIES} ${ORDER}`;

const quoted = (text: string): string[] => [`"${text}"`];
const read = (values: readonly string[] | null, deployment = 'prod') =>
  parseFence(values, deployment, NOW);
const state = (values: readonly string[] | null): string => {
  const parsed = read(values);
  switch (parsed.kind) {
    case 'managed':
    case 'unmanaged':
      return parsed.kind;
    case 'foreign':
      return `foreign: ${parsed.deployment}`;
    case 'malformed':
      return `malformed: ${parsed.problem}`;
  }
};

const FIELDS = 'malformed: a field is missing, unknown or out of order';
const QUOTES = 'malformed: it is not one sequence of quoted strings';
const STRANGER = 'malformed: it was not written by Quorate';

describe('a fence that was read before', () => {
  it('is still judged by who asks, and when', () => {
    const values = quoted(GOOD);

    expect(state(values)).toBe('managed');
    expect(read(values, 'stage')).toEqual({ kind: 'foreign', deployment: 'prod' });
    expect(parseFence(values, 'prod', epochMs(NOW - 3_600_000))).toHaveProperty('problem');
    expect(read(values)).toEqual(read(quoted(GOOD)));
  });
});

describe('a fence', () => {
  it('says everything in one line', () => {
    const parsed = read(quoted(GOOD));

    expect(parsed).toEqual({
      kind: 'managed',
      fence: {
        deployment: 'prod',
        generation: 41,
        nonce: 'nonce041',
        parentNonce: 'nonce040',
        asofAt: NOW - 5_000,
        config: 'cfg',
        packagedAt: NOW - 86_400_000,
        record: 'rec',
        rescuedAt: null,
        entries: [
          {
            mark: 'AAAAAA',
            weight: 100,
            provenAs: 'BBBBBB',
            phase: { kind: 'in' },
            changedAt: NOW - 5_000,
            outAt: null,
            countedAt: null,
            relapses: 0,
            fullAt: NOW - 5_000,
            waits: false,
            approved: false,
          },
          {
            mark: 'CCCCCC',
            weight: 0,
            provenAs: null,
            phase: { kind: 'out' },
            changedAt: NOW - 5_000,
            outAt: NOW - 5_000,
            countedAt: NOW - 5_000,
            relapses: 2,
            fullAt: null,
            waits: true,
            approved: true,
          },
        ],
        orders: [
          {
            id: 'order001',
            kind: 'drain',
            scope: { kind: 'endpoint', mark: 'AAAAAA' },
            weight: 0,
            fromAt: NOW,
            untilAt: NOW + 3_600_000,
            afterwards: 'auto',
            force: [],
            started: true,
          },
        ],
      },
    });
  });

  it('reads every kind of order and scope', () => {
    const orders = [
      `o=order001:d*,w0,b${from},u${until},s`,
      `o=order002:p+DDDDDD,w255,b${from},u${until},a,s,ff`,
      `o=order003:f@AAAAAA,b${from},u${until}`,
    ];
    const parsed = read(quoted(`${HEAD} ${orders.join(' ')}`));

    expect(parsed.kind === 'managed' && parsed.fence.orders).toMatchObject([
      { kind: 'drain', scope: { kind: 'service' }, weight: 0, started: true },
      {
        kind: 'pin',
        scope: { kind: 'region', mark: 'DDDDDD' },
        weight: 255,
        afterwards: 'approve',
        force: ['floor'],
      },
      { kind: 'freeze', scope: { kind: 'endpoint' }, weight: null, started: false },
    ]);
  });

  it('reads a ramp step and the time of the last rescue', () => {
    const parsed = read(quoted(`${HEAD} q=${a} e=AAAAAA:50,s1`));

    expect(parsed.kind === 'managed' && parsed.fence).toMatchObject({
      rescuedAt: NOW - 5_000,
      entries: [{ phase: { kind: 'ramp', step: 1 } }],
    });
  });

  it('is split into strings of at most 255 characters, and read whole whatever the split', () => {
    const fence = { ...fenceOf(12), deployment: 'prod' };
    const value = fenceValue(fence);

    expect(value.split('" "').length).toBeGreaterThan(1);
    expect(value.split('" "').every((part) => part.replaceAll('"', '').length <= 255)).toBe(true);
    const text = printFence(fence);
    expect(
      state([
        `"${text.slice(0, 9)}" "${text.slice(9, 200)}" "" "${text.slice(200, 400)}" "${text.slice(400, 600)}" "${text.slice(600)}"`,
      ]),
    ).toBe('managed');
  });

  it('stays short: five endpoints in service take at most 400 characters', () => {
    expect(fenceValue(fenceOf(5)).length).toBeLessThanOrEqual(400);
  });

  it('never holds what must not be public: marks, codes and times are all it prints', () => {
    expect(printFence(fenceOf(2))).toMatch(/^quorate1( [a-z]=[A-Za-z0-9_:,@*+-]+)+$/);
  });
});

describe('F100: room in the fence', () => {
  it('reserves the longest entry for each endpoint, so that a commit never fails for want of room', () => {
    const longest: FenceEntry = {
      mark: 'AAAAAA',
      weight: 255 as Weight,
      provenAs: 'BBBBBB',
      phase: { kind: 'ramp', step: 99 },
      changedAt: epochMs(36 ** 8 - 1),
      outAt: epochMs(36 ** 8 - 1),
      countedAt: epochMs(36 ** 8 - 1),
      relapses: 99,
      fullAt: epochMs(36 ** 8 - 1),
      waits: true,
      approved: true,
    };
    for (const count of [0, 1, 5, 20, 50]) {
      const fence = fenceOf(count);
      const full = {
        ...fence,
        entries: fence.entries.map((entry) => ({ ...longest, mark: entry.mark })),
      };
      const { characters } = fenceFits(fence);

      expect(fenceValue(full).length).toBe(characters);
    }
  });

  it('has room for 50 endpoints and an order for a whole region', () => {
    const fence = { ...fenceOf(50), deployment: 'quorate-prod', orders: [orderNumber(1)] };

    expect(fenceFits(fence).fits).toBe(true);
  });

  it('says when the orders would be too many', () => {
    const orders = (count: number) => Array.from({ length: count }, (_, i) => orderNumber(i));

    expect(fenceFits({ ...fenceOf(30), orders: orders(10) }).fits).toBe(true);
    expect(fenceFits({ ...fenceOf(30), orders: orders(60) })).toMatchObject({ fits: false });
    expect(fenceFits({ ...fenceOf(30), orders: orders(60) }).characters).toBeGreaterThan(
      FENCE_CHARACTERS_MAX,
    );
  });
});

describe('what stands at the name of the fence', () => {
  const future = (ms: number) => HEAD.replace(`a=${a}`, `a=${at(NOW + ms)}`);
  const cases: readonly (readonly [string, readonly string[] | null, string])[] = [
    ['F74: nothing', null, 'unmanaged'],
    ['F121: another deployment', quoted(GOOD.replace('d=prod', 'd=staging')), 'foreign: staging'],
    ['a fence without entries and orders', quoted(HEAD), 'managed'],
    ['a first generation, without a parent', quoted(HEAD.replace(' p=nonce040', '')), 'managed'],
    ['evidence exactly 5 s ahead', quoted(future(5_000)), 'managed'],
    [
      'F99: evidence 5001 ms ahead',
      quoted(future(5_001)),
      'malformed: its evidence is 5001 ms in the future',
    ],
    ['F75: no value at all', [], 'malformed: it has 0 values instead of one'],
    [
      'F75: two values',
      [...quoted(GOOD), ...quoted(GOOD)],
      'malformed: it has 2 values instead of one',
    ],
    [
      'F75: a string of more than 255 characters',
      [`"${HEAD} ${'e=AAAAAA:1,'.padEnd(260, 'x')}"`],
      QUOTES,
    ],
    [
      'F75: format 0',
      quoted(GOOD.replace('quorate1', 'quorate0')),
      'malformed: format 0 is not known to this release',
    ],
    [
      'F75: format 2, of a later release',
      quoted(GOOD.replace('quorate1', 'quorate2')),
      'malformed: format 2 is not known to this release',
    ],
    ['F75: format 01', quoted(GOOD.replace('quorate1', 'quorate01')), FIELDS],
    ['a format of five digits', quoted(GOOD.replace('quorate1', 'quorate10000')), STRANGER],
    ['an empty value', [''], QUOTES],
    ['an empty string', ['""'], STRANGER],
    ['one space', ['" "'], STRANGER],
    ['no quotes', [GOOD], QUOTES],
    ['only the first quote', [`"${GOOD}`], QUOTES],
    ['only the last quote', [`${GOOD}"`], QUOTES],
    ['single quotes', [`'${GOOD}'`], QUOTES],
    ['two strings without a space between', [`"${HEAD}""${ENTRIES}"`], QUOTES],
    ['two strings with two spaces between', [`"${HEAD}"  " ${ENTRIES}"`], QUOTES],
    ['a quote within', quoted(GOOD.replace('cfg', 'c"g')), QUOTES],
    ['an escaped quote within', quoted(GOOD.replace('cfg', 'c\\"g')), QUOTES],
    ['an octal escape', quoted(GOOD.replace('cfg', 'c\\101')), QUOTES],
    ['a backslash at the end', quoted(`${GOOD}\\`), QUOTES],
    ['a line break', quoted(GOOD.replace(' e=', '\ne=')), FIELDS],
    ['a text of somebody else', quoted('v=spf1 include:example.com -all'), STRANGER],
    ['a site verification', quoted('google-site-verification=abcdef'), STRANGER],
    ['upper case', quoted(GOOD.toUpperCase()), STRANGER],
    ['a byte order mark', quoted(`\uFEFF${GOOD}`), STRANGER],
    ['cut in the middle of an entry', quoted(GOOD.slice(0, GOOD.indexOf('BBBBBB') + 3)), FIELDS],
    ['cut after the head', quoted('quorate1 d=prod g=41'), FIELDS],
    ['the name alone', quoted('quorate1 '), FIELDS],
    ['the name alone without a space', quoted('quorate1'), STRANGER],
    ['a space at the end', quoted(`${GOOD} `), FIELDS],
    ['two spaces', quoted(GOOD.replace(' g=', '  g=')), FIELDS],
    ['tokens in another order', quoted(HEAD.replace('d=prod g=41', 'g=41 d=prod')), FIELDS],
    ['orders before entries', quoted(`${HEAD} ${ORDER} ${ENTRIES}`), FIELDS],
    ['an unknown token', quoted(`${GOOD} z=1`), FIELDS],
    ['a token without a key', quoted(`${GOOD} abc`), FIELDS],
    ['__proto__ as a token', quoted(`${GOOD} __proto__=1`), FIELDS],
    [
      '__proto__ as the deployment',
      quoted(GOOD.replace('d=prod', 'd=__proto__')),
      'foreign: __proto__',
    ],
    [
      'constructor as the deployment',
      quoted(GOOD.replace('d=prod', 'd=constructor')),
      'foreign: constructor',
    ],
    ['no deployment', quoted(GOOD.replace(' d=prod', '')), FIELDS],
    ['an empty deployment', quoted(GOOD.replace('d=prod', 'd=')), FIELDS],
    [
      'a deployment of 65 characters',
      quoted(HEAD.replace('d=prod', `d=${'d'.repeat(65)}`)),
      FIELDS,
    ],
    ['two deployments', quoted(GOOD.replace('d=prod', 'd=prod d=prod')), FIELDS],
    ['no generation', quoted(GOOD.replace(' g=41', '')), FIELDS],
    ['two generations', quoted(GOOD.replace('g=41', 'g=41 g=41')), FIELDS],
    ['generation 0', quoted(GOOD.replace('g=41', 'g=0')), FIELDS],
    ['a negative generation', quoted(GOOD.replace('g=41', 'g=-1')), FIELDS],
    ['generation 041', quoted(GOOD.replace('g=41', 'g=041')), FIELDS],
    ['generation 4.1e1', quoted(GOOD.replace('g=41', 'g=4.1e1')), FIELDS],
    ['generation 0x29', quoted(GOOD.replace('g=41', 'g=0x29')), FIELDS],
    ['generation NaN', quoted(GOOD.replace('g=41', 'g=NaN')), FIELDS],
    ['generation Infinity', quoted(GOOD.replace('g=41', 'g=Infinity')), FIELDS],
    [
      'a generation beyond what an integer holds',
      quoted(GOOD.replace('g=41', 'g=9007199254740993')),
      FIELDS,
    ],
    ['no nonce', quoted(GOOD.replace(' n=nonce041', '')), FIELDS],
    ['a nonce with a full stop', quoted(GOOD.replace('nonce041', 'nonce.41')), FIELDS],
    ['two parents', quoted(GOOD.replace('p=nonce040', 'p=nonce040 p=nonce039')), FIELDS],
    ['an empty parent', quoted(GOOD.replace('p=nonce040', 'p=')), FIELDS],
    ['no evidence', quoted(GOOD.replace(`a=${a} `, '')), FIELDS],
    ['evidence in upper case', quoted(GOOD.replace(`a=${a}`, `a=${a.toUpperCase()}`)), FIELDS],
    ['evidence of 9 characters', quoted(GOOD.replace(`a=${a}`, 'a=zzzzzzzzz')), FIELDS],
    ['evidence with a leading zero', quoted(GOOD.replace(`a=${a}`, 'a=0abc')), FIELDS],
    ['evidence before 1970', quoted(GOOD.replace(`a=${a}`, 'a=-1')), FIELDS],
    ['no packaging time', quoted(GOOD.replace(` t=${t}`, '')), FIELDS],
    ['no configuration', quoted(GOOD.replace(' c=cfg', '')), FIELDS],
    ['no record digest', quoted(GOOD.replace(' r=rec', '')), FIELDS],
    ['a look-alike letter in the record digest', quoted(GOOD.replace('r=rec', 'r=rеc')), FIELDS],
    ['an emoji', quoted(GOOD.replace('cfg', '😀')), FIELDS],
    ['a right-to-left mark', quoted(GOOD.replace('cfg', 'c\u202Efg')), FIELDS],
    ['a NUL', quoted(GOOD.replace('cfg', 'c\u0000g')), FIELDS],
    ['the same entry twice', quoted(`${HEAD} e=AAAAAA:1 e=AAAAAA:1`), FIELDS],
    ['two entries of one mark', quoted(`${HEAD} e=AAAAAA:1 e=AAAAAA:2`), FIELDS],
    ['an entry without a weight', quoted(`${HEAD} e=AAAAAA`), FIELDS],
    ['an empty entry', quoted(`${HEAD} e=`), FIELDS],
    ['a mark of 5 characters', quoted(`${HEAD} e=AAAAA:1`), FIELDS],
    ['a mark of 7 characters', quoted(`${HEAD} e=AAAAAAA:1`), FIELDS],
    ['weight 256', quoted(`${HEAD} e=AAAAAA:256`), FIELDS],
    ['weight 999', quoted(`${HEAD} e=AAAAAA:999`), FIELDS],
    ['weight -1', quoted(`${HEAD} e=AAAAAA:-1`), FIELDS],
    ['weight 1.5', quoted(`${HEAD} e=AAAAAA:1.5`), FIELDS],
    ['weight NaN', quoted(`${HEAD} e=AAAAAA:NaN`), FIELDS],
    ['weight 007', quoted(`${HEAD} e=AAAAAA:007`), FIELDS],
    ['an unknown field of an entry', quoted(`${HEAD} e=AAAAAA:1,k1`), FIELDS],
    ['fields of an entry in another order', quoted(`${HEAD} e=AAAAAA:1,c${a},pBBBBBB`), FIELDS],
    ['a field of an entry twice', quoted(`${HEAD} e=AAAAAA:1,c${a},c${a}`), FIELDS],
    ['an empty field of an entry', quoted(`${HEAD} e=AAAAAA:1,`), FIELDS],
    ['both out and on the ramp', quoted(`${HEAD} e=AAAAAA:1,o,s1`), FIELDS],
    ['a ramp step of three digits', quoted(`${HEAD} e=AAAAAA:1,s100`), FIELDS],
    ['a ramp step -1', quoted(`${HEAD} e=AAAAAA:1,s-1`), FIELDS],
    ['0 relapses written out', quoted(`${HEAD} e=AAAAAA:1,l0`), FIELDS],
    ['100 relapses', quoted(`${HEAD} e=AAAAAA:1,l100`), FIELDS],
    ['a proof of 7 characters', quoted(`${HEAD} e=AAAAAA:1,pBBBBBBB`), FIELDS],
    ['a time that is none', quoted(`${HEAD} e=AAAAAA:1,c!!`), FIELDS],
    ['a time beyond 2059', quoted(`${HEAD} e=AAAAAA:1,c100000000`), FIELDS],
    ['an order without its end', quoted(`${HEAD} o=order001:d*,w0,b${from}`), FIELDS],
    ['an order without its start', quoted(`${HEAD} o=order001:d*,w0,u${until}`), FIELDS],
    ['an order of an unknown kind', quoted(`${HEAD} o=order001:x*,w0,b${from},u${until}`), FIELDS],
    [
      'an order of an unknown scope',
      quoted(`${HEAD} o=order001:d?AAAAAA,w0,b${from},u${until}`),
      FIELDS,
    ],
    ['a drain without weight', quoted(`${HEAD} o=order001:d*,b${from},u${until}`), FIELDS],
    ['a freeze with weight', quoted(`${HEAD} o=order001:f*,w0,b${from},u${until}`), FIELDS],
    ['a pin at 256', quoted(`${HEAD} o=order001:p*,w256,b${from},u${until}`), FIELDS],
    ['a pin at -1', quoted(`${HEAD} o=order001:p*,w-1,b${from},u${until}`), FIELDS],
    ['an order id of 9 characters', quoted(`${HEAD} o=order0001:d*,w0,b${from},u${until}`), FIELDS],
    [
      'an order that forces never all zero',
      quoted(`${HEAD} o=order001:d*,w0,b${from},u${until},fz`),
      FIELDS,
    ],
    ['two orders of one id', quoted(`${HEAD} ${ORDER} ${ORDER}`), FIELDS],
    ['orders with rubbish behind', quoted(`${HEAD} ${ORDERS}`), FIELDS],
    ['4,000 characters of junk', [`"${'x'.repeat(255)}" `.repeat(15).trim()], STRANGER],
    ['4,000 quotes', ['"'.repeat(4_000)], QUOTES],
    ['4,000 spaces in quotes', [`"${' '.repeat(255)}" `.repeat(15).trim()], STRANGER],
    ['4,000 equal signs', [`"quorate1 ${'='.repeat(240)}" "${'='.repeat(250)}"`], FIELDS],
  ];

  it.each(cases)('%s', (_, values, expected) => {
    expect(state(values)).toBe(expected);
  });

  it('is a table of at least 60 odd cases', () => {
    expect(cases.filter(([, , expected]) => expected !== 'managed').length).toBeGreaterThan(60);
  });
});

describe('fence properties', () => {
  it('parse undoes print', () => {
    fc.assert(
      fc.property(arbFence, (fence) => {
        const parsed = parseFence([fenceValue(fence)], fence.deployment, fence.asofAt);

        expect(parsed).toEqual({ kind: 'managed', fence });
      }),
      { numRuns: 400 },
    );
  });

  it('no text makes parsing throw', () => {
    const arbText = fc.oneof(
      arbDamaged,
      fc.string({ unit: 'binary', maxLength: 4_000 }),
      fc.string({ maxLength: 300 }).map((text) => `"quorate1 ${text}"`),
    );
    fc.assert(
      fc.property(
        fc.option(fc.array(arbText, { maxLength: 3 }), { nil: null }),
        fc.string(),
        (values, deployment) => {
          const { kind } = parseFence(values, deployment, NOW);

          expect(['managed', 'unmanaged', 'foreign', 'malformed']).toContain(kind);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('a damaged fence is read as what it says now, or not at all', () => {
    fc.assert(
      fc.property(arbDamaged, (value) => {
        const parsed = parseFence([value], 'd', epochMs(36 ** 8));
        if (parsed.kind !== 'managed') return;

        expect(printFence(parsed.fence)).toBe(value.slice(1, -1).replaceAll('" "', ''));
      }),
      { numRuns: 1_000 },
    );
  });

  it('prints no two fences alike', () => {
    fc.assert(
      fc.property(arbFence, arbFence, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));

        expect(printFence(one)).not.toBe(printFence(other));
      }),
    );
  });

  it('no commit to come makes the fence longer than was reckoned', () => {
    fc.assert(
      fc.property(arbFence, fc.array(arbEntry, { minLength: 12, maxLength: 12 }), (fence, pool) => {
        const later = fence.entries.map((entry, i) => ({ ...pool[i]!, mark: entry.mark }));

        expect(fenceValue({ ...fence, entries: later }).length).toBeLessThanOrEqual(
          fenceFits(fence).characters,
        );
      }),
      { numRuns: 200 },
    );
  });
});

function fenceOf(count: number): Fence {
  return {
    deployment: 'quorate-prod',
    generation: 999_999_999,
    nonce: nonce('nonce041'),
    parentNonce: nonce('nonce040'),
    asofAt: NOW,
    config: 'c'.repeat(22),
    packagedAt: NOW,
    record: digest('r'.repeat(22)),
    rescuedAt: NOW,
    entries: Array.from({ length: count }, (_, i) => ({
      ...newEntry(`mark${String(i).padStart(2, '0')}`, 100 as Weight, { kind: 'in' }),
      provenAs: 'proven',
    })),
    orders: [],
  };
}

function orderNumber(i: number): Fence['orders'][number] {
  return {
    id: `order${String(i).padStart(3, '0')}` as OrderId,
    kind: 'drain',
    scope: { kind: 'region', mark: 'region' },
    weight: 0 as Weight,
    fromAt: NOW,
    untilAt: (NOW + 3_600_000) as EpochMs,
    afterwards: 'auto',
    force: ['floor'],
    started: true,
  };
}
