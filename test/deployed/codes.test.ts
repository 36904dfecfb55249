/** Above low risk: a code that is mailed on its own, or a sign-in, beside the link; against the deployed stack. */

import { beforeAll, describe, expect, it } from 'vitest';
import { codeIn } from '../../local/approver.ts';
import {
  type Agent,
  breakCalls,
  decide,
  expectChain,
  forgetAsks,
  linkFor,
  mailedCode,
  mails,
  mendCalls,
  newAgent,
  newOrder,
  people,
  post,
  records,
  refundIntent,
  refundsOf,
  rows,
  subjectHashIn,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  // A scanner of another test may have asked for all that there are.
  await forgetAsks();
  agent = await newAgent();
});

async function asked(cents = 600_00) {
  const id = await agent.submit(refundIntent(await newOrder(), cents));
  const link = await linkFor(agent, id);
  const page = await (await fetch(link)).text();
  const form = { subject_hash: subjectHashIn(page), outcome: 'approved', comment: 'Photos checked.' };
  const code = () => mailedCode('ada@example.com', () => post(link, { ...form, action: 'code' }));
  return { id, link, page, form, code };
}

const wrong = (digits: string) => (digits === '00000000' ? '00000001' : '00000000');

describe('3: above low risk', () => {
  it('the link alone decides nothing, and asking for a code neither', async () => {
    const { id, link, form } = await asked();
    const bare = await post(link, form);
    expect(bare).toMatchObject({ status: 422, page: expect.stringContaining('Enter the code that is mailed to you') });
    expect(bare.page).toContain('Photos checked.');
    expect(bare.page).toMatch(/value="approved" required checked/);
    const before = [await rows(agent, id), await records(agent, id)];
    const sent = await post(link, { ...form, action: 'code' });
    expect(sent).toMatchObject({ status: 200, page: expect.stringContaining('on its way to ada@example.com') });
    expect([await rows(agent, id), await records(agent, id)]).toEqual(before);
  });

  it('the code comes in a mail of its own, without a link, and says for which plan', async () => {
    const { id, code } = await asked();
    const digits = await code();
    const mail = (await mails()).findLast((one) => codeIn(one) === digits);
    const { plan_hash } = await agent.get(id);
    expect(mail).toMatchObject({ to: ['ada@example.com'], subject: 'Your code' });
    expect(mail?.text).toContain(plan_hash.slice(0, 12));
    expect(`${mail?.text}${mail?.html}`).not.toMatch(/https?:|\/a\/|href|600/);
  });

  it('with it the decision counts, and the record says by what', async () => {
    const { id, link, form, code } = await asked();
    const done = await post(link, { ...form, code: await code() });
    expect(done).toMatchObject({ status: 200, page: expect.stringContaining('Decided: approved') });
    const said = 'link sent to ada@example.com, with a code sent to ada@example.com';
    expect(done.page).toContain(said);
    const task = (await rows(agent, id, 's#task#'))[0];
    expect(task).toMatchObject({ risk: 'medium', decision: { via: said } });
    await agent.reaches(id, 'COMPLETED');
    expect(await refundsOf(id)).toHaveLength(1);
    await expectChain(agent, id);
  });

  it('at high risk too, in each step of a chain', async () => {
    const id = await agent.submit(refundIntent(await newOrder(1_000_000), 5_000_01));
    const link = await linkFor(agent, id);
    const page = await (await fetch(link)).text();
    expect(page).toContain('high risk');
    const form = { subject_hash: subjectHashIn(page), outcome: 'approved', comment: '' };
    expect((await post(link, form)).status).toBe(422);
    expect((await decide(link)).page).toContain('this waits for Cleo Example');
  });

  it('a wrong code says how many tries are left; after five not even the right one is taken', async () => {
    const { id, link, form, code } = await asked();
    const digits = await code();
    for (const left of ['4 tries are left', '3 tries', '2 tries', '1 try is left', 'Ask for a new one']) {
      const refused = await post(link, { ...form, code: wrong(digits) });
      expect(refused).toMatchObject({ status: 422, page: expect.stringContaining(left) });
      expect(refused.page).toContain('Photos checked.');
    }
    expect(await post(link, { ...form, code: digits })).toMatchObject({
      status: 422,
      page: expect.stringContaining('entered wrong too often'),
    });
    expect((await agent.get(id)).status).toBe('WAITING');
    expect((await post(link, { ...form, code: await code() })).page).toContain('Decided: approved');
  });

  it('guessing from everywhere at once has no more than five tries', async () => {
    const { id, link, form, code } = await asked();
    const digits = await code();
    const guesses = Array.from({ length: 10 }, () => post(link, { ...form, code: wrong(digits) }));
    const counted = (await Promise.all(guesses)).filter(({ page }) => page.includes('This is not the code'));
    expect(counted).toHaveLength(5);
    expect((await post(link, { ...form, code: digits })).status).toBe(422);
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('a code is good for one link and one form, and used up by it', async () => {
    const first = await asked();
    const digits = await first.code();
    const second = await asked();
    expect((await post(second.link, { ...second.form, code: digits })).status).toBe(422);
    // What is missing is said before the code is used up.
    const incomplete = { ...first.form, outcome: 'rejected', comment: '', code: digits };
    expect((await post(first.link, incomplete)).page).toContain('Say why');
    expect((await post(first.link, { ...first.form, code: digits })).page).toContain('Decided: approved');
    expect((await agent.get(second.id)).status).toBe('WAITING');
  });

  it('where the answer was lost the same form is taken again, with another outcome it is not', async () => {
    const { id, link, form, code } = await asked();
    const digits = await code();
    const broken = await breakCalls({
      match: { app: 'approvals', action: 'TransactWriteItems' },
      do: { error: 'InternalServerError', status: 500 },
      times: 100,
    });
    const lost = await post(link, { ...form, code: digits });
    await broken.hit();
    await mendCalls();
    expect(lost.status).toBeGreaterThanOrEqual(500);
    const other = await post(link, { ...form, outcome: 'rejected', code: digits });
    expect(other).toMatchObject({ status: 422, page: expect.stringContaining('was used') });
    expect((await post(link, { ...form, code: digits })).page).toContain('Decided: approved');
    await agent.reaches(id, 'COMPLETED');
  });

  it('the table holds no digits, only their hash', async () => {
    const { code } = await asked();
    const digits = await code();
    expect(JSON.stringify(await people())).not.toContain(digits);
  });
});

it('at low risk the link is enough, and nobody is asked for more', async () => {
  const { id, link, page, form } = await asked(500_00);
  expect(page).not.toContain('name="code"');
  const before = (await mails()).length;
  await post(link, { ...form, action: 'code' });
  expect((await post(link, form)).page).toContain('Decided: approved');
  await agent.reaches(id, 'COMPLETED');
  expect((await mails()).slice(before).filter((mail) => codeIn(mail))).toEqual([]);
});
