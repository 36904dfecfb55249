import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  goodKeys,
  hasSecret,
  madeBefore,
  markOf,
  maxGoodKeys,
  oldKeySeconds,
  rotated,
  type SigningKey,
  secretWith,
} from '../../core/signing-keys.ts';
import { bytesOfSecret } from '../../core/webhook.ts';
import { later, start } from './builders.ts';

const key = (id: string): SigningKey => ({ id, sealed: id, createdAt: start });
const ids = (keys: readonly SigningKey[]) => keys.map(({ id }) => id);

describe('the keys of a webhook', () => {
  it('are two while they change: the newest, and the one before for a day more', () => {
    const keys = rotated([key('a')], key('b'), start);
    expect(ids(goodKeys(keys, start))).toEqual(['b', 'a']);
    expect(ids(goodKeys(keys, later(start, oldKeySeconds - 1)))).toEqual(['b', 'a']);
    expect(ids(goodKeys(keys, later(start, oldKeySeconds)))).toEqual(['b']);
  });

  it('are changed by a request and its two repetitions without ending the one that the receiver knows', () => {
    const fresh = ['b', 'c', 'd'].map(key);
    const keys = fresh.reduce((before, one) => rotated(before, one, start), [key('a')]);
    expect(ids(goodKeys(keys, later(start, oldKeySeconds - 1)))).toEqual(['d', 'c', 'b', 'a']);
    expect(ids(goodKeys(rotated(keys, key('e'), start), start))).toEqual(['e', 'd', 'c', 'b']);
  });

  it('are never more than four, never none, and none lives longer for being replaced, however often they change', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 * oldKeySeconds), { minLength: 1, maxLength: 10 }), (pauses) => {
        let keys = [key('0')];
        let now = start;
        const ends = new Map<string, string>();
        for (const [i, pause] of pauses.entries()) {
          now = later(now, pause);
          keys = rotated(keys, key(String(i + 1)), now);
          const good = goodKeys(keys, now);
          expect(good[0]?.id).toBe(String(i + 1));
          expect(keys.length).toBeLessThanOrEqual(maxGoodKeys);
          expect(good.length).toBeLessThanOrEqual(maxGoodKeys);
          for (const { id, until } of good) {
            if (until === undefined) continue;
            expect(until <= (ends.get(id) ?? later(now, oldKeySeconds))).toBe(true);
            ends.set(id, until);
          }
        }
      }),
    );
  });
});

describe('the mark of a key', () => {
  it('knows its secret again, and no other; one without a mark knows none', () => {
    const marked = { ...key('a'), mark: markOf('a secret of the client', 'a') };
    expect(hasSecret(marked, 'a secret of the client')).toBe(true);
    expect(hasSecret(marked, 'a secret of the clienT')).toBe(false);
    expect(hasSecret(key('a'), 'a secret of the client')).toBe(false);
  });

  it('is another with each key', () => {
    expect(markOf('a secret of the client', 'a')).not.toBe(markOf('a secret of the client', 'b'));
  });
});

describe('a key that is made again by the same request', () => {
  const asked = { key: 'k', requestHash: 'h', callerToken: 'hp_sa_1' };
  const secret = secretWith(asked, 'salt');
  const made = { ...key('a'), mark: markOf(secret, 'a'), repeat: { key: 'k', requestHash: 'h', salt: 'salt' } };

  it('is the same one, behind others too', () => {
    expect(bytesOfSecret(secret)).toHaveLength(32);
    expect(madeBefore([key('b'), made], asked)).toEqual({ key: made, secret });
    expect(madeBefore([key('b')], asked)).toBeUndefined();
    expect(madeBefore([made], { ...asked, key: 'other' })).toBeUndefined();
  });

  it.each([{ requestHash: 'other' }, { callerToken: 'hp_sa_2' }])('is told to nobody else: %j', (other) => {
    expect(() => madeBefore([made], { ...asked, ...other })).toThrow(
      expect.objectContaining({ code: 'idempotency_conflict' }),
    );
  });
});
