import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  bytesOfSecret,
  maxRetryAfterSeconds,
  receiverUrl,
  retryPauseMs,
  retryPausesSeconds,
  secretBytes,
  secretOf,
  signedHeaders,
  verdictOf,
} from '../../core/webhook.ts';

const anySecret = fc.uint8Array({ minLength: secretBytes.min, maxLength: secretBytes.max }).map(secretOf);
const anyId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const now = Date.now();

describe('a signature', () => {
  it('is verified by the package of Standard Webhooks, with any of the keys that are good, whatever the body', () => {
    fc.assert(
      fc.property(anyId, fc.json(), fc.uniqueArray(anySecret, { minLength: 1, maxLength: 3 }), (id, body, secrets) => {
        const headers = signedHeaders({ id, body, secrets }, now);
        for (const secret of secrets) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });

  it('is no good for another body, id, time or key', () => {
    const [one, other] = [secretOf(new Uint8Array(32).fill(1)), secretOf(new Uint8Array(32).fill(2))];
    const headers = signedHeaders({ id: 'a_1', body: '{"n":1}', secrets: [one] }, now);
    const refused = (body: string, changed: object, secret = one) =>
      expect(() => new Webhook(secret).verify(body, { ...headers, ...changed })).toThrow();
    refused('{"n":2}', {});
    refused('{"n":1}', { 'webhook-id': 'a_2' });
    refused('{"n":1}', { 'webhook-timestamp': String(Math.floor(now / 1000) - 1) });
    refused('{"n":1}', {}, other);
  });

  it('is not made of what is no id or no secret', () => {
    const secret = secretOf(new Uint8Array(32));
    const tries: [string, string[]][] = [
      ['a.1', [secret]],
      ['', [secret]],
      ['a', []],
      ['a', ['whsec_']],
      ['a', ['whsec_!!!']],
      ['a', [secret.slice(6)]],
    ];
    for (const [id, secrets] of tries) expect(() => signedHeaders({ id, body: '', secrets }, now)).toThrow(TypeError);
  });

  it('has a secret that is shown as text and read again, of enough bytes and not too many', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const fits = bytes.length >= secretBytes.min && bytes.length <= secretBytes.max;
        expect(bytesOfSecret(secretOf(bytes))).toEqual(fits ? Buffer.from(bytes) : undefined);
      }),
    );
  });
});

describe("a receiver's address", () => {
  it.each([
    ['https://example.com/hook?x=1', 'https://example.com/hook?x=1'],
    ['https://example.com:8443/#part', 'https://example.com:8443/'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
  ])('%s is one', (given, is) => expect(String(receiverUrl(given, []))).toBe(is));

  it.each([
    ['not_a_url', 'example.com', 'https://', '', `https://example.com/${'x'.repeat(2048)}`],
    [
      'not_https',
      'http://example.com/',
      'ftp://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'http://127.0.0.1/',
    ],
    ['has_credentials', 'https://user@example.com/', 'https://:secret@example.com/'],
    [
      'not_public',
      'https://169.254.169.254/',
      'https://127.1/',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0177.0.0.1/',
    ],
    [
      'not_public',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://[fd00:ec2::254]/',
      'https://10.0.0.1:8443/',
    ],
  ])('%s: is refused', (why, ...given) => {
    expect(given.map((one) => receiverUrl(one, []))).toEqual(given.map(() => why));
  });

  it('may be by http and anywhere for a host that the deployment names, and for no other', () => {
    expect(String(receiverUrl('http://127.0.0.1:8080/x', ['127.0.0.1']))).toBe('http://127.0.0.1:8080/x');
    for (const other of ['http://127.0.0.2/', 'http://127.0.0.1.example.com/', 'http://example.com@127.0.0.2/'])
      expect(typeof receiverUrl(other, ['127.0.0.1'])).toBe('string');
  });
});

describe('an answer', () => {
  it('is a yes by 2xx alone; 410 ends it; every other is tried again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), (status) => {
        const is = status >= 200 && status < 300 ? 'taken' : status === 410 ? 'gone' : 'failed';
        expect(verdictOf({ status }, now)).toMatchObject({ is, status });
      }),
    );
  });

  it.each([
    ['120', 120],
    [' 0 ', 0],
    ['999999999', maxRetryAfterSeconds],
    ['Mon, 30 Nov 2026 00:01:00 GMT', 60],
    ['Mon, 30 Nov 2020 00:00:00 GMT', 0],
    ['-5', undefined],
    ['soon', undefined],
    ['1.5', undefined],
    ['2026-11-30', undefined],
  ])('asks with Retry-After %s for %s seconds', (retryAfter, seconds) => {
    const verdict = verdictOf({ status: 429, retryAfter }, Date.parse('2026-11-30T00:00:00Z'));
    expect(verdict).toEqual({
      is: 'failed',
      why: 'status',
      status: 429,
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    });
  });
});

describe('the next try', () => {
  const anyAttempt = fc.integer({ min: 1, max: 60 });
  const anyJitter = fc.double({ min: 0, max: 1, noNaN: true });

  it('comes after at least half of its pause, at most the whole, and never before the receiver wants', () => {
    fc.assert(
      fc.property(anyAttempt, anyJitter, fc.nat(maxRetryAfterSeconds), (attempt, jitter, wanted) => {
        const pause = (retryPausesSeconds[attempt - 1] ?? retryPausesSeconds.at(-1) ?? 0) * 1000;
        const ms = retryPauseMs(attempt, jitter, wanted);
        expect(ms).toBeGreaterThanOrEqual(Math.max(pause / 2, wanted * 1000));
        expect(ms).toBeLessThanOrEqual(Math.max(pause, wanted * 1000));
      }),
    );
  });

  it('makes ten tries last a night, and less than a day', () => {
    const hours = (jitter: number) =>
      Array.from({ length: 9 }, (_, i) => retryPauseMs(i + 1, jitter)).reduce((a, b) => a + b) / 3_600_000;
    expect(hours(0)).toBeGreaterThan(7);
    expect(hours(1)).toBeLessThan(17);
  });
});
