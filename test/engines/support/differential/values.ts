/** Values of records, said to be good or bad by AWS's documentation, not by any code. */

const quoted = (text: string): string => `"${text}"`;

export const GOOD: Readonly<Record<string, readonly string[]>> = {
  A: ['192.0.2.1', '192.0.2.2', '198.51.100.7', '255.255.255.255'],
  AAAA: ['2001:db8::1', '2001:db8::2', '::', '2001:db8:0:0:0:0:0:9', '::ffff:192.0.2.1'],
  CNAME: ['app.example.net', 'app.example.net.', 'b.example.org', '_x.example.net'],
  TXT: [
    '""',
    '"q1 g=41 n=abcdefgh"',
    '"two" "strings"',
    '"a \\"quoted\\" word" "and \\\\ backslash"',
    '"\\303\\251 <&> \'x\' ]]>"',
    '"  spaces  "',
    quoted('x'.repeat(255)),
    `${quoted('x'.repeat(255))} ${quoted('y'.repeat(255))}`,
  ],
};

export const BAD: Readonly<Record<string, readonly string[]>> = {
  A: ['192.0.2.256', '192.0.2', '2001:db8::1', 'app.example.net'],
  AAAA: ['192.0.2.1', '2001:db8::g', '2001:db8:::1', '1:2:3:4:5:6:7:8:9'],
  CNAME: ['a..example.net', `${'l'.repeat(64)}.example.net`],
  TXT: ['no quotes', '"open', '"a" b', quoted('x'.repeat(256)), '"a"b"'],
};

export const isBadValue = (type: string, value: string): boolean =>
  (BAD[type] ?? []).includes(value);
