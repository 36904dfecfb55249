import { describe, expect, it } from 'vitest';
import { erased, isOf, type Named, withoutPerson, wordsIn } from '../../core/erase.ts';
import { waitingApproval } from './story.ts';

const stored = async () => {
  const { told, links } = await waitingApproval({
    humanTask: { title: 'For Ada Example and nobody else', assignees: ['ada', 'ben'] },
  });
  const link = links.ada as string;
  await told.decide(link, { outcome: 'rejected', comment: 'Ben Example thinks so too.' });
  const state = await told.state();
  const events = await told.store.events(told.ref, 0, 100);
  return {
    task: state.task,
    rows: [state.task, state.outcome, state.request, await told.store.findLink(link), ...events],
  };
};
const rowsOf = async (person: Named) =>
  (await stored()).rows.map((row) => {
    const plain = JSON.parse(JSON.stringify(row));
    return withoutPerson(plain, person) ?? plain;
  });
const ada: Named = { id: 'ada', words: new Set(['Ada Example', 'ada@example.com']) };

describe('a person is taken out of what is stored of an intent', () => {
  it('by the names that are stored with their id', async () => {
    const { task, rows } = await stored();
    expect([...new Set(wordsIn(task, 'ada'))]).toEqual(['Ada Example', 'ada@example.com']);
    expect([...new Set(rows.flatMap((row) => wordsIn(row, 'ada')))].sort()).toEqual([...ada.words].sort());
  });

  it('everywhere: id, name, mail, and what they said', async () => {
    const text = JSON.stringify(await rowsOf(ada));
    for (const gone of ['"ada"', 'Ada Example', 'ada@example.com', 'thinks so too']) expect(text).not.toContain(gone);
    expect(text).toContain(`For ${erased} and nobody else`);
  });

  it('and only that person: the others, and what was decided, stay', async () => {
    const [task] = await rowsOf(ada);
    expect(task).toMatchObject({
      status: 'decided',
      role: 'approvers',
      decision: { outcome: 'rejected', comment: erased, by: { id: erased, name: erased } },
    });
    expect(JSON.stringify(task)).toContain('ben@example.com');
  });

  it('once: there is nothing more to take out', async () => {
    for (const row of await rowsOf(ada)) expect(withoutPerson(row, ada)).toBeUndefined();
  });

  it('not where the letters are part of another word, nor in what an agent sent', () => {
    const ann: Named = { id: 'ann', words: new Set(['Ann', 'a.n+n@example.com']) };
    const row = { payload: '{"to":"Ann"}', role: 'ann', note: 'Annual report, by Ann <A.N+N@example.com>' };
    expect(withoutPerson(row, ann)).toEqual({ ...row, note: `Annual report, by ${erased} <${erased}>` });
  });

  it('beside the records: by id, or by a name that was given for one', () => {
    expect([isOf('ada', ada), isOf('ADA@example.com', ada), isOf('ben', ada)]).toEqual([true, true, false]);
  });
});
