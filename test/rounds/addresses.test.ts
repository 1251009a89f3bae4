import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyAddress, isInside } from '../../shared/adapters/addresses.ts';
import { holds } from '../fixtures/holds.ts';

describe('addresses', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['1.1.1.1', 'public'],
    ['10.255.255.255', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.128.0.1', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.0.1', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['169.254.170.23', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'reserved'],
    ['192.0.0.1', 'reserved'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.20', 'documentation'],
    ['203.0.113.30', 'documentation'],
    ['198.18.0.1', 'reserved'],
    ['192.88.99.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['2606:4700::1', 'public'],
    ['2A00:1450::1', 'public'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::2', 'reserved'],
    ['::7f00:1', 'reserved'],
    ['fe80::1', 'link-local'],
    ['fec0::1', 'reserved'],
    ['fd00::1', 'private'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:ec2::23', 'metadata'],
    ['ff02::1', 'multicast'],
    ['2001:db8::20', 'documentation'],
    ['3fff::1', 'documentation'],
    ['2001:2::1', 'reserved'],
    ['100::1', 'reserved'],
    ['5f00::1', 'reserved'],
  ])('takes %s as %s', (text, range) => {
    expect(classifyAddress(text)).toMatchObject({ range, family: text.includes(':') ? 6 : 4 });
  });

  it.each([
    ['mapped', '::ffff:169.254.169.254', 'metadata'],
    ['mapped, in hexadecimal', '::ffff:7f00:1', 'loopback'],
    ['mapped and public', '::ffff:8.8.8.8', 'public'],
    ['translated', '::ffff:0:10.0.0.1', 'private'],
    ['NAT64', '64:ff9b::127.0.0.1', 'loopback'],
    ['NAT64 of a local prefix', '64:ff9b:1::1', 'reserved'],
    ['6to4', '2002:a9fe:a9fe::1', 'metadata'],
    ['6to4 and public', '2002:808:808::1', 'public'],
    ["Teredo's client", '2001:0:808:808::80ff:fffe', 'loopback'],
    ["Teredo's server", '2001:0:a00:1::f7f7:f7f7', 'private'],
    ['Teredo and public', '2001:0:808:808::f7f7:f7f7', 'public'],
  ])('looks inside what is %s', (_title, text, range) => {
    expect(classifyAddress(text)?.range).toBe(range);
  });

  it.each([
    '',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.0.0.01',
    '127.0.0.1.',
    '127.0.0.256',
    ' 127.0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '[::1]',
    'fe80::1%eth0',
    '1::2::3',
    '::ffff:010.0.0.1',
    '::ffff:1.2.3',
    '12345::1',
    ':'.repeat(60),
  ])('takes %j as no address', (text) => {
    expect(classifyAddress(text)).toBeUndefined();
  });

  it('writes an address in one way', () => {
    expect(classifyAddress('2001:0DB8:0:0:0:0:0:20')?.canonical).toBe('2001:db8::20');
    expect(classifyAddress('192.0.2.1')?.canonical).toBe('192.0.2.1');
  });

  it('never throws, and what it takes as canonical it takes again', () => {
    const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended());
    holds(
      fc.property(text, (one) => {
        const found = classifyAddress(one);

        if (found) expect(classifyAddress(found.canonical)).toEqual(found);
      }),
    );
  });
});

describe('ranges', () => {
  it.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['11.1.2.3', ['10.0.0.0/8'], false],
    ['10.1.2.3', ['192.168.0.0/16', '10.1.0.0/16'], true],
    ['fd12::1', ['fd12::/16'], true],
    ['fd13::1', ['fd12::/16', '10.0.0.0/8'], false],
    ['::ffff:10.0.0.1', ['10.0.0.0/8'], true],
    ['::ffff:10.0.0.1', ['::/0'], false],
    ['10.0.0.1', [], false],
    ['localhost', ['0.0.0.0/0'], false],
    ['10.0.0.1', ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/x', 'all', '10/8', ''], false],
  ])('%s inside %j: %s', (address, cidrs, inside) => {
    expect(isInside(address, cidrs)).toBe(inside);
  });
});
