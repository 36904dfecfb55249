import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../properties.ts';
import * as given from './builders.ts';
import { type Story, story, waitingApproval, waitingRefund } from './story.ts';

const actions = ({ store, ref }: Story) => store.records(ref).map((record) => record.action);
const reminders = (told: Story) => actions(told).filter((action) => action === 'task.reminded').length;
const mails = ({ store, ref }: Story) => store.outbox(ref).filter((row) => row.kind === 'mail');
const hourly = { remind_after_seconds: 3600, remind_interval_seconds: 3600, max_reminders: 3 };

describe('a wait ran out', () => {
  it('at a rung: everybody asked gets a reminder, and the run waits for the next rung', async () => {
    const { told } = await waitingApproval(hourly);
    told.pass(3600);
    const after = await told.climb();
    expect(after).toEqual({ next: 'wait', waitUntil: given.later(given.start, 7200), rung: 1 });
    expect(mails(told).map((row) => row.body)).toMatchObject([
      { personId: 'ada', why: 'reminder' },
      { personId: 'ben', why: 'reminder' },
    ]);
    const { head, task } = await told.state();
    expect(task?.rung).toBe(1);
    expect(head.dueAt).toBe(Date.parse(given.later(given.start, 7200)) + 60_000);
  });

  it('repeated: the rung has happened once', async () => {
    const { told } = await waitingApproval(hourly);
    told.pass(3600);
    const first = await told.climb();
    expect(await told.climb()).toEqual(first);
    expect(reminders(told)).toBe(1);
  });

  it('early: it waits on, and the next wait has a greater order, so that its token counts', async () => {
    const { told } = await waitingRefund(hourly);
    told.pass(3599);
    const after = await told.climb(1, 0);
    expect(after).toEqual({ next: 'wait', waitUntil: given.later(given.start, 3600), rung: 1 });
    expect(reminders(told)).toBe(0);
    await told.escalate({ rung: 1, token: 'token-2' });
    expect((await told.state()).task?.token).toBe('token-2');
    told.pass(1);
    expect(await told.climb(1, 1)).toMatchObject({ next: 'wait', rung: 2 });
  });

  it('late, past two rungs: they collapse into one reminder', async () => {
    const { told } = await waitingApproval(hourly);
    told.pass(2.5 * 3600);
    expect(await told.climb()).toEqual({ next: 'wait', waitUntil: given.later(given.start, 3 * 3600), rung: 2 });
    expect(reminders(told)).toBe(1);
    expect(mails(told)).toHaveLength(2);
  });

  it('at the end: the intent has timed out, at that very moment and not before', async () => {
    const { told } = await waitingApproval({ deadlineAt: given.later(given.start, 600) });
    told.pass(599);
    expect(await told.climb()).toMatchObject({ next: 'wait' });
    told.pass(1);
    expect(await told.climb()).toEqual({ next: 'ended' });
    expect(await told.state()).toMatchObject({
      head: { status: 'TIMED_OUT', openEffects: 0 },
      task: { status: 'expired' },
      outcome: { error: { code: 'intent_timeout' } },
    });
    const events = await told.store.events(told.ref, 0, 100);
    expect(events.slice(-2).map((event) => event.type)).toEqual(['intent.timeout', 'intent.timed_out']);
  });

  it('late, past everything: only the end happens', async () => {
    const { told } = await waitingApproval(hourly);
    told.pass(30 * 86_400);
    expect(await told.climb()).toEqual({ next: 'ended' });
    expect(actions(told).filter((action) => action.startsWith('task.'))).toEqual(['task.opened', 'task.expired']);
  });

  it('at the moment of the decision: the run goes on with the decision', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(links.ada as string);
    told.pass(30 * 86_400);
    expect(await told.climb()).toEqual({ next: 'approved' });
    const rejected = await waitingRefund();
    await rejected.told.decide(rejected.links.ada as string, { outcome: 'rejected', comment: 'no' });
    expect(await rejected.told.climb()).toEqual({ next: 'ended' });
  });

  it('of an older run: it is superseded, and nothing happens', async () => {
    const { told } = await waitingApproval();
    told.pass(86_400 + 61);
    await told.restart();
    await expect(told.climb(1)).rejects.toMatchObject({ name: 'Superseded' });
    expect(reminders(told)).toBe(0);
  });

  it('without a task: there is nothing to wait for', async () => {
    expect(await (await story()).climb()).toEqual({ next: 'ended' });
  });
});

describe('whenever a run looks', () => {
  it('each rung happens at most once, never early, and the end exactly once', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 12 }), async (pauses) => {
        const { told } = await waitingApproval(hourly);
        let waits = 0;
        for (const pause of [...pauses, 4 * 86_400]) {
          told.pass(pause);
          const after = await told.climb(1, waits);
          if (after.next === 'wait') {
            expect(after.rung).toBeGreaterThan(waits);
            expect(after.waitUntil > told.now()).toBe(true);
            waits = after.rung;
          }
          const { task } = await told.state();
          const passed = task?.ladder.filter((rung) => rung.at <= told.now()).length ?? 0;
          expect(task?.rung).toBe(passed);
        }
        const rungs = told.store
          .records(told.ref)
          .filter((r) => r.action === 'task.reminded')
          .map((r) => r.data.rung);
        expect(new Set(rungs).size).toBe(rungs.length);
        expect(actions(told).filter((action) => action === 'task.expired')).toHaveLength(1);
      }),
      runs(50),
    ));
});
