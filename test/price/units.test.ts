import { describe, expect, it } from 'vitest';
import { itemBytes, readUnits, writeUnits } from '../../adapters/item-size.ts';
import type { Operation } from '../../adapters/transaction.ts';
import { Ledger } from '../../price/ledger.ts';

const key = { pk: 'p', sk: 's' };
/** An item of so many bytes: `pk` and `sk` with their names are 6, `v` is one more. */
const sized = (bytes: number, more: object = {}) => ({ ...key, v: 'x'.repeat(bytes - 7), ...more });
const operation = (item: object): Operation => ({ item, guard: { kind: 'changed' } }) as Operation;
const put = (item: object) => operation({ Put: { TableName: 'T', Item: item } });
const unitsOf = (...operations: Operation[]) => {
  const ledger = new Ledger();
  for (const one of operations) ledger.transaction('test', [one]);
  return ledger.transactions.map(({ units }) => units);
};

describe('the size of an item', () => {
  it.each([
    ['names and text, in UTF-8', { pk: 'é' }, 4],
    ['a number: two digits a byte, and one', { n: 1_763_629_200_000 }, 9],
    ['a number that no table holds, too', { n: 1e21 }, 5],
    ['true, false and null', { a: true, b: null }, 4],
    ['a list: three, and one for each element', { l: ['a', 'bc'] }, 1 + 3 + 2 + 3],
    ['a map: three, and one for each entry', { m: { k: 'v' } }, 1 + 3 + 1 + 2],
    ['nothing for what is undefined', { a: undefined }, 0],
  ])('%s', (_, item, bytes) => expect(itemBytes(item)).toBe(bytes));

  it('is billed by the KB written and by 4 KB read, and at least once', () => {
    expect([0, 1024, 1025].map(writeUnits)).toEqual([1, 1, 2]);
    expect([0, 4096, 4097].map(readUnits)).toEqual([1, 1, 2]);
  });
});

describe('a transaction', () => {
  it('writes twice, the larger of before and after', () => {
    expect(unitsOf(put(sized(1024)), put(sized(1025)), put(sized(100)))).toEqual([2, 4, 4]);
  });

  it('pays for what it deletes, checks, or does not find', () => {
    const ledger = new Ledger();
    ledger.transaction('put', [put(sized(3000))]);
    ledger.transaction('delete', [operation({ Delete: { TableName: 'T', Key: key } })]);
    ledger.transaction('nothing', [operation({ Delete: { TableName: 'T', Key: key } })]);
    ledger.transaction('check', [operation({ ConditionCheck: { TableName: 'T', Key: key } })]);
    expect(ledger.transactions.map(({ units }) => units)).toEqual([6, 6, 2, 2]);
    expect(ledger.units.write).toBe(16);
  });

  it('pays for a whole item that it updates', () => {
    expect(unitsOf(put(sized(2000)), operation({ Update: { TableName: 'T', Key: key } }))).toEqual([4, 4]);
  });
});

describe('the index', () => {
  it('costs one unit to enter or leave, two to move, none to stay', () => {
    const ledger = new Ledger();
    const putting = (item: object) => {
      const before = ledger.units.index;
      ledger.put('T', { ...key, ...item });
      return ledger.units.index - before;
    };
    expect(putting({})).toBe(0);
    expect(putting({ shard: 'due#1', dueAt: 1 })).toBe(1);
    expect(putting({ shard: 'due#1', dueAt: 1, seq: 2 })).toBe(0);
    expect(putting({ shard: 'due#1', dueAt: 2 })).toBe(2);
    expect(putting({ shard: 'due#1', dueAt: 2, kind: 'mail' })).toBe(1);
    expect(putting({ shard: 'due#1' })).toBe(1);
  });

  it('of inboxes holds whole items: one of 2 KB costs two units to enter, four to move', () => {
    const ledger = new Ledger();
    const putting = (item: object) => {
      const before = ledger.units.index;
      ledger.put('T', sized(1500, item));
      return ledger.units.index - before;
    };
    expect(putting({ asked: 'open#ada', place: '1' })).toBe(2);
    expect(putting({ asked: 'done#ada', place: '1' })).toBe(4);
    expect(putting({ asked: 'done#ada', place: '1', about: 'more' })).toBe(2);
    expect(putting({})).toBe(2);
  });
});

describe('what is read and what stays', () => {
  it('adds up the items of a query before it rounds', () => {
    const ledger = new Ledger();
    for (const sk of ['a', 's#1', 's#2', 'z']) ledger.put('T', { pk: 'p', sk, v: 'x'.repeat(2500) });
    ledger.query('T', 'p', 's#', 's#~');
    expect(ledger.units.read).toBe(2);
    ledger.get('T', { pk: 'p', sk: 'not there' });
    expect(ledger.units.read).toBe(3);
  });

  it('leaves out what has a time to live', () => {
    const ledger = new Ledger();
    ledger.put('T', sized(500));
    ledger.put('T', { ...sized(500), sk: 'other', ttl: 1 });
    expect(ledger.storedBytes).toBe(600);
  });
});
