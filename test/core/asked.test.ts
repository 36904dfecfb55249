import { describe, expect, it } from 'vitest';
import { itemBytes } from '../../adapters/item-size.ts';
import { askedItem } from '../../adapters/rows.ts';
import type { Asked } from '../../core/asked.ts';
import { wordOf } from '../../core/chain.ts';
import * as given from './builders.ts';
import { type Story, story, waitingApproval, waitingRefund } from './story.ts';

const rowsOf = ({ store, ref }: Story, personId?: string): Asked[] =>
  store.asked(ref).filter((row) => personId === undefined || row.personId === personId);
const standing = (told: Story) => Object.fromEntries(rowsOf(told).map((row) => [row.personId, row.is]));

describe('who is asked what', () => {
  it('is nobody before a task is opened; then each approver, with what a list shows', async () => {
    const told = await story({ humanTask: { title: 'Send it?', description: 'To 12,000 people.' } });
    expect(rowsOf(told)).toEqual([]);
    await told.escalate();
    const { task } = await told.state();
    expect(rowsOf(told)).toHaveLength(2);
    expect(rowsOf(told, 'ada')).toEqual([
      {
        is: 'open',
        personId: 'ada',
        taskId: task?.taskId,
        taskType: 'approval',
        type: 'intent.approval.v1',
        from: given.agent,
        title: 'Send it?',
        about: 'To 12,000 people.',
        risk: 'low',
        deadline: task?.ladder.at(-1)?.at,
        remindAt: task?.ladder[0]?.at,
      },
    ]);
  });

  it('says the objective of a plan, and the risk of the task', async () => {
    const { told } = await waitingRefund({ humanTask: { title: 'Please hurry' } });
    const { plan } = await told.state();
    expect(rowsOf(told, 'ada')).toMatchObject([{ title: plan?.plan.objective, about: 'Please hurry', risk: 'low' }]);
  });

  it('does not change with mails and reminders', async () => {
    const { told } = await waitingApproval();
    const before = rowsOf(told);
    const { task } = await told.state();
    told.goTo(task?.ladder[0]?.at ?? '');
    await told.climb();
    await told.mail();
    expect(rowsOf(told)).toEqual(before);
  });

  it('is decided for who decided, and over for the others', async () => {
    const { told, links } = await waitingApproval();
    told.pass(60);
    await told.decide(links.ada as string, { outcome: 'rejected', comment: 'No.' });
    expect(standing(told)).toEqual({ ada: 'done', ben: 'over' });
    expect(rowsOf(told, 'ada')).toMatchObject([{ outcome: 'rejected', decidedAt: given.later(given.start, 60) }]);
  });

  it('is over for all when nobody decides', async () => {
    const { told } = await waitingApproval();
    const { task } = await told.state();
    told.goTo(task?.ladder.at(-1)?.at ?? '');
    await told.climb();
    expect(standing(told)).toEqual({ ada: 'over', ben: 'over' });
  });

  it('is over for all when the run fails', async () => {
    const { told } = await waitingApproval();
    await told.fail({ name: 'TerminalError', cause: '{}' });
    expect(standing(told)).toEqual({ ada: 'over', ben: 'over' });
  });

  it('moves on with a chain: who decided keeps it as decided, the next are asked with a deadline of their own', async () => {
    const { told, links } = await waitingRefund({ payload: given.refundPayload({ amount_cents: 600_000 }) });
    const first = (await told.state()).task;
    expect(first?.chain.steps.map(wordOf)).toEqual(['refunds', 'finance']);
    told.pass(3600);
    await told.decide(links.ada as string);
    expect(standing(told)).toEqual({ ada: 'done', ben: 'over', cleo: 'open' });
    expect(rowsOf(told, 'cleo')).toMatchObject([{ deadline: (await told.state()).task?.ladder.at(-1)?.at }]);
    await told.decide((await told.mail()).cleo as string);
    expect(standing(told)).toEqual({ ada: 'done', ben: 'over', cleo: 'done' });
  });
});

describe('the row of a list', () => {
  const open: Asked = {
    is: 'open',
    personId: 'ada',
    taskId: 'i.1',
    taskType: 'approval',
    type: 'intent.approval.v1',
    from: given.agent,
    title: 'x',
    about: 'x',
    risk: 'low',
    deadline: given.start,
  };
  const ref = { tenant: given.tenant, intentId: 'i' };
  const item = (over: Partial<Asked>) => askedItem(ref, { ...open, ...over } as Asked);

  it('sorts what is open by risk, then by deadline', () => {
    const later = given.later(given.start, 60);
    const places = [item({ risk: 'low' }), item({ risk: 'high', deadline: later }), item({ risk: 'high' })];
    expect(places.sort((a, b) => String(a.place).localeCompare(String(b.place)))).toMatchObject([
      { risk: 'high', deadline: given.start },
      { risk: 'high', deadline: later },
      { risk: 'low' },
    ]);
    expect(item({})).toMatchObject({ asked: 'open#ada' });
  });

  it('is not listed any more where somebody else decided', () => {
    const over = askedItem(ref, { is: 'over', personId: 'ada', taskId: 'i.1' });
    expect(over).toMatchObject({ sk: 'asked#i.1#ada' });
    expect(Object.keys(over)).not.toContain('asked');
    expect(Object.keys(over)).not.toContain('place');
  });

  it('is one write unit, however long the texts of the agent are', async () => {
    const long = 'Überweisung an Lieferanten '.repeat(40);
    const told = await story({ humanTask: { title: long, description: long } });
    await told.escalate();
    for (const row of rowsOf(told)) {
      expect(row).toMatchObject({ title: expect.stringMatching(/…$/), about: expect.stringMatching(/…$/) });
      expect(itemBytes(askedItem(told.ref, row))).toBeLessThan(1024);
    }
  });

  it('is never cut within a character', async () => {
    const told = await story({ humanTask: { title: `a${'😀'.repeat(200)}` } });
    await told.escalate();
    for (const row of rowsOf(told)) expect(row).toMatchObject({ title: `a${'😀'.repeat(59)}…` });
  });
});
