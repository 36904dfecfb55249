import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../core/json.ts';
import { marksOf, opened, Personal, type Recordable, type RecordableObject, setAside } from '../../core/personal.ts';
import * as given from './builders.ts';
import { waitingApproval } from './story.ts';

/** As it comes over the wire: JSON has one zero. */
const json = fc.jsonValue({ stringUnit: 'grapheme' }).map((value): Json => JSON.parse(JSON.stringify(value)));
const key = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__');

/** What a rule may wish to be recorded: any JSON, with marks anywhere. */
const recordable = fc.letrec<{ one: Recordable; object: RecordableObject }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 4 },
    json,
    fc.tuple(fc.string(), json).map(([of, value]) => new Personal(of, value)),
    fc.array(tie('one'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('one'), { maxKeys: 4 }),
})).object;

/** The same with the values in the place of their marks. */
const plain = (value: Recordable): Json =>
  JSON.parse(JSON.stringify(value, (_, one) => (one instanceof Personal ? one.value : one)));

const salts = () => {
  const newId = given.idsInOrder();
  return () => newId() + newId();
};
const aside = (data: RecordableObject) => {
  const { clear, personal } = setAside(data, '/data', salts());
  return { record: { data: clear }, personal };
};

describe('what is personal stands beside the record', () => {
  it('is what the record proves, and puts together what was recorded', () =>
    fc.assert(
      fc.property(recordable, (data) => {
        const { record, personal } = aside(data);
        expect(marksOf(record, personal).every(({ is }) => is === 'open')).toBe(true);
        expect(opened(record, personal)).toEqual({ data: plain(data) });
      }),
    ));

  it('is erased where it is gone, altered where anything of it is another, and never read as open', () =>
    fc.assert(
      fc.property(
        recordable,
        fc.nat(),
        json,
        fc.constantFrom('value', 'of', 'salt', 'at'),
        (data, which, put, field) => {
          const { record, personal } = aside(data);
          fc.pre(personal.length > 0);
          const index = which % personal.length;
          const { at } = personal[index] ?? { at: '' };
          const gone = marksOf(record, personal.toSpliced(index, 1)).find((mark) => mark.at === at);
          expect(gone).toEqual({ at, is: 'erased' });
          fc.pre(JSON.stringify(put) !== JSON.stringify(personal[index]?.[field]));
          const altered = marksOf(record, personal.with(index, { ...personal[index], [field]: put } as never));
          expect(altered.some(({ is }) => is === 'altered')).toBe(true);
        },
      ),
    ));

  it.each([
    ['twice', (one: object) => [one, one]],
    ['where no hash stands', (one: object) => [one, { ...one, at: '/data/b' }]],
    ['as something that is no such thing', (one: object) => [one, null]],
    ['as a text', (one: object) => [one, 'x']],
  ])('is altered where it stands there %s', (_, beside) => {
    const { record, personal } = aside({ a: new Personal('ada', 'Ada'), b: 1 });
    expect(marksOf(record, beside(personal[0] as object)).map(({ is }) => is)).toEqual(['open', 'altered']);
  });

  it('cannot be found by trying: equal values have other hashes', () => {
    const { record } = aside({ a: new Personal('ada', 'yes'), b: new Personal('ada', 'yes') });
    expect(record.data.a).not.toEqual(record.data.b);
  });
});

describe('the record of a decision', () => {
  it('names nobody, and says beside whose each value is', async () => {
    const { told, links } = await waitingApproval({ onBehalfOf: 'customer-7' });
    await told.decide(links.ada as string, { outcome: 'rejected', comment: 'Not this quarter.' });
    const entries = told.store.entries(told.ref);
    const records = JSON.stringify(entries.map(({ record }) => record));
    for (const name of ['"ada"', '"ben"', 'ada@example.com', 'Not this quarter.', 'customer-7'])
      expect(records).not.toContain(name);
    const beside = entries.at(-1)?.personal.map(({ at, of, value }) => [at, of, value]);
    expect(beside).toEqual([
      ['/actor/id', 'ada', 'ada'],
      ['/actor/via', 'ada', 'link sent to ada@example.com'],
      ['/data/comment', 'ada', 'Not this quarter.'],
      ['/data/decided_by', 'ada', 'ada'],
      ['/data/via', 'ada', 'link sent to ada@example.com'],
    ]);
  });
});
