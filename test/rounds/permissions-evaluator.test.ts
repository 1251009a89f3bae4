/** The evaluator that judges our policies, by what the IAM user guide says of each element. */
import { describe, expect, it } from 'vitest';
import { type AccessRequest, evaluate, isAllowed } from '../fakes/policy-evaluator.ts';

const KEY = 'dynamodb:LeadingKeys';
const TABLE = 'arn:aws:dynamodb:eu-west-1:123456789012:table/quorate';
const allow = (changes: object = {}): Readonly<Record<string, unknown>> => ({
  Effect: 'Allow',
  Action: 'dynamodb:PutItem',
  Resource: TABLE,
  ...changes,
});
const put = (context: AccessRequest['context'] = {}): AccessRequest => ({
  action: 'dynamodb:PutItem',
  resource: TABLE,
  context,
});
const under = (condition: object, given: AccessRequest['context'] = {}): boolean =>
  isAllowed([allow({ Condition: condition })], put(given));

describe('policy evaluator', () => {
  it('allows what one statement allows, and names it', () => {
    expect(evaluate([allow({ Sid: 'Write' })], put())).toEqual({ effect: 'allowed', by: 'Write' });
    expect(evaluate([], put())).toEqual({ effect: 'not-allowed' });
  });

  it('one denial outweighs every permission, whatever the order', () => {
    const statements = [allow(), allow({ Sid: 'No', Effect: 'Deny', Resource: '*' }), allow()];

    expect(evaluate(statements, put())).toEqual({ effect: 'denied', by: 'No' });
  });

  it('actions ignore case and take wildcards, resources do not ignore case', () => {
    expect(isAllowed([allow({ Action: 'DynamoDB:put*' })], put())).toBe(true);
    expect(isAllowed([allow({ Action: ['dynamodb:Get*', 'dynamodb:P?tItem'] })], put())).toBe(true);
    expect(isAllowed([allow({ Action: 'dynamodb:Put' })], put())).toBe(false);
    expect(isAllowed([allow({ Resource: TABLE.toUpperCase() })], put())).toBe(false);
  });

  it('a wildcard stays within its part of an ARN, a star alone is everything', () => {
    const matches = (pattern: string): boolean => isAllowed([allow({ Resource: pattern })], put());

    expect(matches('*')).toBe(true);
    expect(matches('arn:aws:dynamodb:*:123456789012:table/quorate')).toBe(true);
    expect(matches('arn:*:dynamodb:eu-*:*:table/*')).toBe(true);
    expect(matches('arn:aws:dynamodb:eu-west-1:123456789012:table/quorate?')).toBe(false);
    expect(matches('arn:aws:*:*:*:*')).toBe(true);
    expect(matches('arn:aws:dynamodb:eu-west-*2:table/quorate:x')).toBe(false);
    expect(() => matches('arn:aws:*')).toThrow('not an ARN');
  });

  it('the last part of an ARN may have colons of its own', () => {
    const group = 'arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/probe:*';
    const request = {
      action: 'logs:PutLogEvents',
      resource:
        'arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/probe:log-stream:2026/[1]x',
    };

    expect(isAllowed([allow({ Action: request.action, Resource: group })], request)).toBe(true);
  });

  it('ForAllValues is true of an absent key and of an empty list; Null guards against both', () => {
    const only = { 'ForAllValues:StringEquals': { [KEY]: ['a', 'b'] } };
    const guarded = { ...only, Null: { [KEY]: 'false' } };

    expect(under(only)).toBe(true);
    expect(under(only, { [KEY]: [] })).toBe(true);
    expect(under(only, { [KEY]: ['b', 'a', 'a'] })).toBe(true);
    expect(under(only, { [KEY]: ['a', 'c'] })).toBe(false);
    expect(under(guarded)).toBe(false);
    expect(under(guarded, { [KEY]: [] })).toBe(false);
    expect(under(guarded, { [KEY]: ['a'] })).toBe(true);
  });

  it('ForAnyValue wants one match and is false of an absent key', () => {
    const any = { 'ForAnyValue:StringLike': { [KEY]: ['report#*'] } };

    expect(under(any, { [KEY]: ['x', 'report#eu-west-1'] })).toBe(true);
    expect(under(any, { [KEY]: ['x'] })).toBe(false);
    expect(under(any)).toBe(false);
  });

  it('an absent key satisfies a negated operator and one that ends in IfExists, no other', () => {
    expect(under({ StringEquals: { 'aws:x': 'a' } })).toBe(false);
    expect(under({ StringNotEquals: { 'aws:x': 'a' } })).toBe(true);
    expect(under({ StringEqualsIfExists: { 'aws:x': 'a' } })).toBe(true);
    expect(under({ StringEqualsIfExists: { 'aws:x': 'a' } }, { 'aws:x': 'b' })).toBe(false);
    expect(under({ Null: { 'aws:x': 'true' } })).toBe(true);
    expect(under({ Null: { 'aws:x': 'true' } }, { 'aws:x': '' })).toBe(false);
  });

  it('values of a key are alternatives, for a negated operator exclusions', () => {
    expect(under({ StringEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': 'b' })).toBe(true);
    expect(under({ StringNotEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': 'b' })).toBe(false);
    expect(under({ StringNotLike: { 'aws:x': ['a*'] } }, { 'aws:x': 'b' })).toBe(true);
  });

  it('keys and operators must all hold; keys ignore case, values do not', () => {
    const both = { StringEquals: { 'aws:x': 'a' }, StringLike: { 'aws:y': 'b*' } };

    expect(under(both, { 'AWS:X': 'a', 'aws:Y': 'bc' })).toBe(true);
    expect(under(both, { 'aws:x': 'a', 'aws:y': 'c' })).toBe(false);
    expect(under(both, { 'aws:x': 'A', 'aws:y': 'b' })).toBe(false);
    expect(under({ StringEqualsIgnoreCase: { 'aws:x': 'a' } }, { 'aws:x': 'A' })).toBe(true);
  });

  it('StringEquals takes a star by its letter, StringLike as a wildcard', () => {
    expect(under({ StringEquals: { 'aws:x': '*' } }, { 'aws:x': 'a' })).toBe(false);
    expect(under({ StringEquals: { 'aws:x': '*' } }, { 'aws:x': '*' })).toBe(true);
    expect(under({ StringLike: { 'aws:x': 'a.c' } }, { 'aws:x': 'abc' })).toBe(false);
    expect(under({ StringLike: { 'aws:x': 'a?c' } }, { 'aws:x': 'abc' })).toBe(true);
  });

  it('ARNs in conditions are compared part by part, and truth as text', () => {
    const source = { ArnLike: { 'aws:SourceArn': 'arn:aws:lambda:*:1:function:*' } };

    expect(under(source, { 'aws:SourceArn': 'arn:aws:lambda:eu-west-1:1:function:f' })).toBe(true);
    expect(under(source, { 'aws:SourceArn': 'arn:aws:lambda:eu-west-1:2:function:f' })).toBe(false);
    expect(under({ Bool: { 'aws:x': 'true' } }, { 'aws:x': 'true' })).toBe(true);
  });

  it.each<[string, object]>([
    ['an operator', { Condition: { DateLessThan: { 'aws:CurrentTime': '2026-01-01' } } }],
    ['a set operator on Null', { Condition: { 'ForAllValues:Null': { 'aws:x': 'true' } } }],
    ['an operator without form', { Condition: { 'For:Some:StringEquals': { 'aws:x': 'a' } } }],
    ['a value that is no truth', { Condition: { Null: { 'aws:x': 'no' } } }],
    ['a policy variable', { Condition: { StringEquals: { 'aws:x': '$' + '{aws:username}' } } }],
    ['a condition that is no map', { Condition: ['a'] }],
    ['NotAction', { NotAction: 'dynamodb:GetItem' }],
    ['NotResource', { NotResource: TABLE }],
    ['a principal', { Principal: '*' }],
    ['an effect', { Effect: 'Perhaps' }],
    ['a function of CloudFormation', { Resource: [{ 'Fn::Sub': TABLE }] }],
    ['an empty list', { Resource: [] }],
  ])('throws at %s that it does not know', (_what, changes) => {
    expect(() => evaluate([allow(changes)], put({ 'aws:x': 'a' }))).toThrow();
  });

  it('throws where a list meets an operator for single values', () => {
    expect(() => under({ StringEquals: { [KEY]: 'a' } }, { [KEY]: ['a'] })).toThrow(
      'StringEquals compares a single value, the request has a list',
    );
  });
});
