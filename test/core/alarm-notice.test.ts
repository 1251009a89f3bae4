/** Alarms that call a function: what people read of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarmNotice } from '../../shared/core/alarm-notice.ts';

const EVENT = {
  source: 'aws.cloudwatch',
  alarmArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:quorate-prod-drift',
  region: 'us-east-1',
  time: '2026-07-01T12:00:00.000+0000',
  alarmData: {
    alarmName: 'quorate-prod-drift',
    state: { value: 'ALARM', reason: 'Threshold Crossed: 2 datapoints were greater than 1.0' },
    previousState: { value: 'OK' },
    configuration: { description: 'Records of a service differ.' },
  },
};

describe('an alarm', () => {
  it('says its state, name and region, then what it means and why it changed', () => {
    expect(alarmNotice(EVENT)).toEqual({
      subject: 'ALARM: quorate-prod-drift in us-east-1',
      text: [
        'ALARM: quorate-prod-drift in us-east-1',
        'Records of a service differ.',
        'Threshold Crossed: 2 datapoints were greater than 1.0',
        '2026-07-01T12:00:00.000+0000',
      ].join('\n'),
    });
  });

  it('still tells that something changed where the event holds nothing else', () => {
    expect(alarmNotice({ source: 'aws.cloudwatch', alarmData: {} })).toEqual({
      subject: 'changed: an alarm in an unknown region',
      text: 'changed: an alarm in an unknown region',
    });
  });

  it.each([
    ['a schedule’s empty event', {}],
    ['nothing', undefined],
    ['null', null],
    ['another source', { ...EVENT, source: 'aws.s3' }],
    ['no data', { source: 'aws.cloudwatch' }],
  ])('is not %s', (_, event) => {
    expect(alarmNotice(event)).toBeUndefined();
  });

  it('has a subject that SNS takes, whatever its name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.string(), (name, value) => {
        const notice = alarmNotice({
          ...EVENT,
          alarmData: { alarmName: name, state: { value } },
        });

        expect(notice?.subject).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,99}$/);
      }),
    );
  });
});
