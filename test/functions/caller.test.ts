import { describe, expect, it } from 'vitest';
import { Directory } from '../../core/directory.ts';
import { vouchedFor } from '../../functions/tasks/caller.ts';
import { directory, later, start } from '../core/builders.ts';

describe('a key that may decide as a person', () => {
  const key = { keyId: 'k1', mayDecideAs: 'ada', createdAt: start };
  const revoked = (revokedAt: string) =>
    new Directory(directory.everybody.map((one) => (one.id === 'ada' ? { ...one, revokedAt } : one)));

  it('vouches for them, and for nobody who is not there', () => {
    expect(vouchedFor(key, directory)).toMatchObject({ id: 'ada' });
    expect(vouchedFor({ ...key, mayDecideAs: 'eve' }, directory)).toBeUndefined();
    expect(vouchedFor({ keyId: 'k1', createdAt: start }, directory)).toBeUndefined();
  });

  it('does so no more after a revoke of that person; one made later does', () => {
    expect(vouchedFor(key, revoked(start))).toBeUndefined();
    expect(vouchedFor(key, revoked(later(start, 60)))).toBeUndefined();
    expect(vouchedFor({ ...key, createdAt: later(start, 61) }, revoked(later(start, 60)))).toMatchObject({ id: 'ada' });
  });
});
