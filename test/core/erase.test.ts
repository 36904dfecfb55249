import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { erased, isOf, type Named, tellings, withoutPerson, wordsIn } from '../../core/erase.ts';
import { comment } from '../../core/rules/comment.ts';
import { directory, directoryWithOperators } from './builders.ts';
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

  it('with their remarks, why they froze it, and what they did by hand and why', async () => {
    const { told } = await waitingApproval();
    const signed = { id: 'ada', via: 'signed in' };
    await perform(told.store, told.ref, {}, told.context, (state, at) =>
      comment(state, signed, 'Ada wonders.', directory, at),
    );
    await told.freeze('Olga saw it run.\nTwice.');
    await told.escalate({ generation: 2, token: 'token-2' }, directoryWithOperators);
    const { olga } = await told.mail();
    const data = { how: 'completed', done: 'Olga paid it.' };
    const choice = { outcome: 'override_approved', comment: 'Olga knows best.', data };
    await told.decide(olga as string, choice, directoryWithOperators);
    const rows = [
      ...Object.values(await told.state()),
      ...(await told.store.events(told.ref, 0, 100)),
      ...told.store.asked(told.ref),
    ];
    const before = JSON.stringify(rows);
    const theirs = ['Ada wonders.', 'Olga saw', 'Twice.', 'Olga paid it.', 'Olga knows best.', 'Frozen by olga'];
    for (const words of theirs) expect(before).toContain(words);
    const text = [
      { id: 'ada', words: new Set(['Ada Example', 'ada@example.com']) },
      { id: 'olga', words: new Set(['Olga Example', 'olga@example.com']) },
    ].reduce((left, person) => JSON.stringify(withoutPerson(JSON.parse(left), person)), before);
    for (const gone of [...theirs, '"olga"', '"ada"']) expect(text).not.toContain(gone);
    expect(text).toContain(`Frozen by ${erased}: ${erased}`);
  });

  it('of a decision its code stays, and what a tool did before a freeze', () => {
    const row = {
      description: 'Frozen by ada: Ada saw.\nThe tool pay was called before: SUCCEEDED.',
      decision: { by: { id: 'ada', name: 'Ada Example' }, reason: 'wrong_amount' },
    };
    expect(withoutPerson(row, ada)).toEqual({
      description: 'Frozen by erased: erased\nThe tool pay was called before: SUCCEEDED.',
      decision: { by: { id: erased, name: erased }, reason: 'wrong_amount' },
    });
  });

  it('or is told, each value with its place, and nothing of others', async () => {
    const { rows } = await stored();
    const told = rows.flatMap((row) => tellings(JSON.parse(JSON.stringify(row)), ada));
    expect(told).toContainEqual({ at: '/decision/comment', value: 'Ben Example thinks so too.' });
    expect(told).toContainEqual({ at: '/approvers/0/mail', value: 'ada@example.com' });
    expect(JSON.stringify(told)).not.toContain('ben@example.com');
    // What is told is what would be gone: of what is left there is nothing to tell.
    for (const row of await rowsOf(ada)) expect(tellings(row, ada)).toEqual([]);
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
