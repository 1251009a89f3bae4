/** One record between Route 53's shape and ours: zeros stay zeros, names stay one to one. */
import { describe, expect, it } from 'vitest';
import {
  fromResourceRecordSet,
  toResourceRecordSet,
} from '../../shared/adapters/route53-records.ts';

const drained = {
  Name: 'app.example.com.',
  Type: 'A' as const,
  SetIdentifier: 'us-east-1',
  Weight: 0,
  TTL: 0,
  ResourceRecords: [{ Value: '203.0.113.7' }],
};

describe('a record', () => {
  it('of weight 0 is read as weight 0 and written as weight 0', () => {
    const { record } = fromResourceRecordSet(drained);

    expect(record).toMatchObject({ weight: 0, ttlSeconds: 0 });
    expect(toResourceRecordSet(record!)).toEqual(drained);
  });

  it('of a wildcard has one name in both spellings, final dot and octal escape included', () => {
    const wildcard = { ...drained, Name: '\\052.example.com.' };

    const { record } = fromResourceRecordSet(wildcard);

    expect(record?.name).toBe('*.example.com');
    expect(toResourceRecordSet(record!)).toEqual(wildcard);
  });
});
