/** The approver's rules, by their number in the rules for approval mail. */

import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../core/audit.ts';
import { chainOf } from '../../core/commit.ts';
import { Conflict, InvalidInput, NotFound, PolicyDenied } from '../../core/errors.ts';
import type { IntentState } from '../../core/model.ts';
import { decide, linkState, replacedLinkGraceSeconds } from '../../core/rules/decide.ts';
import { eventOut, intentOut } from '../../functions/api/views.ts';
import * as given from './builders.ts';
import { type Story, waitingApproval, waitingRefund } from './story.ts';

const hashIn = (links: Record<string, string>, id: string): string => {
  const hash = links[id];
  if (hash === undefined) throw new TypeError(`${id} got no mail`);
  return hash;
};

/** Asserts that a decision is refused so, and that nothing was written by it. */
async function refuses(told: Story, attempt: () => Promise<unknown>, error: object) {
  const before = await told.state();
  await expect(attempt()).rejects.toMatchObject(error);
  expect(await told.state()).toEqual(before);
}

const linkDead = { name: 'Conflict', code: 'link_dead' };
const deadlineOver = { name: 'Conflict', code: 'deadline_over' };
const notAsked = { name: 'PolicyDenied', code: 'policy_denied' };

describe('a person decides', () => {
  it('and an approval is complete: the decision is its result', async () => {
    const { told, links } = await waitingApproval();
    const decided = await told.decide(hashIn(links, 'ada'), { comment: '  fine  ' });
    expect(decided).toMatchObject({
      fresh: true,
      status: 'COMPLETED',
      decision: { outcome: 'approved', comment: 'fine' },
    });
    const { head, outcome } = await told.state();
    expect(head).toMatchObject({ status: 'COMPLETED', openEffects: 0 });
    expect(head).not.toHaveProperty('dueAt');
    expect(outcome?.result).toEqual({
      approved: true,
      task_result: {
        outcome: 'approved',
        reason_code: 'unspecified',
        comment: 'fine',
        decided_by: 'ada',
        decided_at: given.start,
      },
    });
  });

  it('and a rejected approval is complete as well, a rejected action has failed as denied', async () => {
    const plain = await waitingApproval();
    await plain.told.decide(hashIn(plain.links, 'ada'), { outcome: 'rejected', comment: 'no' });
    expect(await plain.told.state()).toMatchObject({
      head: { status: 'COMPLETED' },
      outcome: { result: { approved: false, task_result: { outcome: 'rejected' } } },
    });
    const action = await waitingRefund();
    await action.told.decide(hashIn(action.links, 'ada'), { outcome: 'rejected', comment: 'no' });
    expect(await action.told.state()).toMatchObject({
      head: { status: 'FAILED' },
      outcome: { error: { code: 'policy_denied', details: { decision: { outcome: 'rejected', decided_by: 'ada' } } } },
    });
  });

  it('and an approved action goes on; a wake is owed to its run', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(hashIn(links, 'ben'));
    expect((await told.state()).head).toMatchObject({ status: 'IN_PROGRESS' });
    expect((await told.state()).head).not.toHaveProperty('waitingReason');
    expect(told.store.outbox(told.ref).map((row) => row.key)).toEqual([`wake#${told.ref.intentId}.1`]);
  });
});

describe('rule 10: the record says by which link, and no more than that', () => {
  it('names the person of the directory and the address the link was sent to; agents never see the address', async () => {
    const { told, links } = await waitingApproval();
    await told.decide(hashIn(links, 'ada'));
    const record = told.read().at(-1);
    expect(record).toMatchObject({
      action: 'task.decided',
      actor: { kind: 'person', id: 'ada', via: 'link sent to ada@example.com' },
    });
    const events = await told.store.events(told.ref, 0, 100);
    const shown = [intentOut(await told.state()), events.map((event) => eventOut(told.ref.intentId, event))];
    expect(JSON.stringify(shown)).not.toContain('ada@example.com');
    expect(verifyChain(chainOf(told.ref), told.store.records(told.ref)).ok).toBe(true);
  });
});

describe('rule 12: the actor is who the link was made for', () => {
  it('whatever the form says beside', async () => {
    const { told, links } = await waitingApproval();
    const form = { by: { id: 'ada' }, actor: 'ada', personId: 'ada' };
    const { decision } = await told.decide(hashIn(links, 'ben'), form as object);
    expect(decision.by).toEqual({ id: 'ben', name: 'Ben Example' });
  });
});

describe('rule 13: one decision, whoever races', () => {
  it('two approvers at once: one decides, the other is told who did', async () => {
    const { told, links } = await waitingApproval();
    const both = await Promise.all([
      told.decide(hashIn(links, 'ada')),
      told.decide(hashIn(links, 'ben'), { outcome: 'rejected', comment: 'no' }),
    ]);
    expect(both.map((one) => one.fresh).sort()).toEqual([false, true]);
    expect(both[0].decision).toEqual(both[1].decision);
    const decisions = told.store.records(told.ref).filter((record) => record.action === 'task.decided');
    expect(decisions).toHaveLength(1);
  });

  it('the same link twice gives the recorded decision, not the second wish', async () => {
    const { told, links } = await waitingApproval();
    const first = await told.decide(hashIn(links, 'ada'));
    told.pass(30 * 86_400);
    const second = await told.decide(hashIn(links, 'ada'), { outcome: 'rejected', comment: 'changed my mind' });
    expect(second).toMatchObject({ fresh: false, decision: first.decision });
  });

  it('uses the link up in the same commit', async () => {
    const { told, links } = await waitingApproval();
    await told.decide(hashIn(links, 'ada'));
    const used = await told.store.findLink(hashIn(links, 'ada'));
    expect(used).toMatchObject({ usedAt: told.now() });
    expect(used && linkState(used, told.now())).toBe('used');
    expect(await told.store.findLink(hashIn(links, 'ben'))).not.toHaveProperty('usedAt');
  });
});

describe('rule 14: what must still hold when the form is posted', () => {
  it('the task is this link’s', async () => {
    const { told, links } = await waitingApproval();
    const state = await told.state({ linkHash: hashIn(links, 'ada') });
    const shown = { outcome: 'approved', subjectHash: state.task?.subjectHash ?? '' };
    const post = (changed: Partial<IntentState>) => () =>
      decide({ ...state, ...changed }, { by: 'link' }, shown, told.type, given.directory, told.context());
    expect(post({})).not.toThrow();
    const { link, task } = state;
    if (!link || !task) throw new TypeError('there is a link');
    expect(post({ link: { ...link, taskId: 'another.1' } })).toThrow(Conflict);
    const { link: _, ...noLink } = state;
    expect(() => decide(noLink, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(Conflict);
    const { task: __, ...noTask } = state;
    expect(() => decide(noTask, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(Conflict);
    expect(() => decide(undefined, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(
      NotFound,
    );
    expect(post({ link: { ...link, usedAt: given.start } })).toThrow(expect.objectContaining(linkDead));
    expect(post({ task: { ...task, status: 'expired' } })).toThrow(expect.objectContaining({ code: 'task_closed' }));
    expect(post({ task: { ...task, status: 'closed' } })).toThrow(expect.objectContaining({ code: 'task_closed' }));
  });

  it('the deadline is not over: at its very moment it is', async () => {
    const { told, links } = await waitingApproval();
    const end = (await told.state()).task?.ladder.at(-1)?.at as string;
    told.goTo(end);
    await refuses(told, () => told.decide(hashIn(links, 'ada')), deadlineOver);
    told.goTo(given.later(end, -0.001));
    await expect(told.decide(hashIn(links, 'ada'))).resolves.toMatchObject({ fresh: true });
  });

  it.each([
    ['who lost the role', given.directoryWithout('ada', ['finance'])],
    ['who left the directory', given.directoryWithout('ada')],
  ])('somebody %s decides no more; the others do', async (_, people) => {
    const { told, links } = await waitingApproval();
    await refuses(told, () => told.decide(hashIn(links, 'ada'), {}, people), notAsked);
    await expect(told.decide(hashIn(links, 'ben'), {}, people)).resolves.toMatchObject({ fresh: true });
  });

  it('somebody asked by name needs no role, but must still be of the directory', async () => {
    const { told, links } = await waitingApproval({ humanTask: { title: 'Look', assignees: ['cleo'] } });
    await refuses(told, () => told.decide(hashIn(links, 'cleo'), {}, given.directoryWithout('cleo')), notAsked);
    const changed = given.directoryWithout('cleo', []);
    await expect(told.decide(hashIn(links, 'cleo'), {}, changed)).resolves.toMatchObject({ fresh: true });
  });

  it('nobody of the directory who was not asked can use another’s link', async () => {
    const { told, links } = await waitingApproval();
    const state = await told.state({ linkHash: hashIn(links, 'ada') });
    if (!state.link) throw new TypeError('there is a link');
    const stolen = { ...state, link: { ...state.link, personId: 'cleo' } };
    const shown = { outcome: 'approved', subjectHash: state.task?.subjectHash ?? '' };
    expect(() => decide(stolen, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(
      PolicyDenied,
    );
  });

  it('no stop stands', async () => {
    const { told, links } = await waitingApproval();
    told.store.stop({ kind: 'agent', id: given.agent });
    await refuses(told, () => told.decide(hashIn(links, 'ada')), notAsked);
    told.store.resume({ kind: 'agent', id: given.agent });
    await expect(told.decide(hashIn(links, 'ada'))).resolves.toMatchObject({ fresh: true });
  });

  it('what was shown is what is stored: form, link, task and head agree on the hash', async () => {
    const { told, links } = await waitingRefund();
    const changed = { name: 'Conflict', code: 'plan_changed' };
    await refuses(told, () => told.decide(hashIn(links, 'ada'), { subjectHash: '0'.repeat(64) }), changed);
    await refuses(told, () => told.decide(hashIn(links, 'ada'), { subjectHash: '' }), changed);
    const state = await told.state({ linkHash: hashIn(links, 'ada') });
    const { link, task, head } = state;
    if (!link || !task) throw new TypeError('there is a link');
    const post = (over: Partial<IntentState>) => () =>
      decide(
        { ...state, ...over },
        { by: 'link' },
        { outcome: 'approved', subjectHash: task.subjectHash },
        told.type,
        given.directory,
        told.context(),
      );
    expect(post({})).not.toThrow();
    expect(post({ head: { ...head, planHash: 'f'.repeat(64) } })).toThrow(expect.objectContaining(changed));
    expect(post({ link: { ...link, subjectHash: 'f'.repeat(64) } })).toThrow(expect.objectContaining(changed));
  });
});

describe('rule 16: whoever asks cannot approve', () => {
  it.each(['ada', 'ada@example.com', 'ADA@EXAMPLE.COM'])('%s is not even mailed', async (onBehalfOf) => {
    const { links } = await waitingApproval({ onBehalfOf });
    expect(Object.keys(links)).toEqual(['ben']);
  });

  it('nor may they decide with a link that was theirs before', async () => {
    const { told, links } = await waitingApproval();
    const state = await told.state({ linkHash: hashIn(links, 'ada') });
    const own = { ...state, head: { ...state.head, onBehalfOf: 'Ada@example.com' } };
    const shown = { outcome: 'approved', subjectHash: state.task?.subjectHash ?? '' };
    expect(() => decide(own, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(PolicyDenied);
  });
});

describe('rule 20: a reminder’s link replaces the one before it', () => {
  it('which is still good for a form opened before, for 15 minutes', async () => {
    const { told, links } = await waitingApproval();
    told.pass(86_400);
    await told.climb();
    const newer = await told.mail();
    const old = hashIn(links, 'ada');
    expect(await told.store.findLink(old)).toMatchObject({ replacedAt: told.now() });
    told.pass(replacedLinkGraceSeconds);
    await refuses(told, () => told.decide(old), linkDead);
    told.pass(-1);
    await expect(told.decide(old)).resolves.toMatchObject({ fresh: true });
    expect(hashIn(newer, 'ada')).not.toBe(old);
  });

  it('but not if approver or plan changed, and never after the deadline', async () => {
    const { told, links } = await waitingApproval();
    told.pass(86_400);
    await told.climb();
    await told.mail();
    const old = hashIn(links, 'ada');
    await refuses(told, () => told.decide(old, {}, given.directoryWithout('ada', [])), notAsked);
    await refuses(told, () => told.decide(old, { subjectHash: 'f'.repeat(64) }), { code: 'plan_changed' });
    const link = await told.store.findLink(old);
    const end = link?.expiresAt as string;
    const state = await told.state({ linkHash: old });
    if (!link) throw new TypeError('there is a link');
    const lateReplaced = { ...state, link: { ...link, replacedAt: given.later(end, -60) } };
    const shown = { outcome: 'approved', subjectHash: link.subjectHash };
    expect(() => decide(lateReplaced, { by: 'link' }, shown, told.type, given.directory, given.contextAt(end))).toThrow(
      expect.objectContaining(deadlineOver),
    );
  });
});

describe('the choice', () => {
  it.each([
    ['an outcome of no task', { outcome: 'maybe' }, 'outcome'],
    ['no outcome', { outcome: '' }, 'outcome'],
    ['a rejection without comment', { outcome: 'rejected' }, 'comment'],
    ['a rejection with blanks for a comment', { outcome: 'rejected', comment: ' \n ' }, 'comment'],
    ['a comment without end', { outcome: 'approved', comment: 'x'.repeat(2001) }, 'comment'],
  ])('%s is refused, naming the field', async (_, choice, field) => {
    const { told, links } = await waitingApproval();
    const attempt = told.decide(hashIn(links, 'ada'), choice);
    await expect(attempt).rejects.toThrow(InvalidInput);
    await expect(attempt).rejects.toMatchObject({ details: { field } });
  });

  it('is limited by what the agent allowed, and needs the comment it asked for', async () => {
    const humanTask = {
      title: 'Look',
      task_type: 'review',
      allowed_outcomes: ['approved', 'rejected'],
      required_comment: true,
    };
    const { told, links } = await waitingApproval({ humanTask });
    const changes = { outcome: 'changes_requested', comment: 'no' };
    await expect(told.decide(hashIn(links, 'ada'), changes)).rejects.toMatchObject({ details: { field: 'outcome' } });
    await expect(told.decide(hashIn(links, 'ada'))).rejects.toMatchObject({ details: { field: 'comment' } });
    await expect(told.decide(hashIn(links, 'ada'), { comment: 'yes' })).resolves.toMatchObject({ fresh: true });
  });
});

describe('an intent that ended while its task was open', () => {
  it('takes no decision any more, and says so', async () => {
    const { told, links } = await waitingApproval();
    await told.fail({ name: 'TerminalError', cause: '{}' });
    expect(await told.state()).toMatchObject({ head: { status: 'FAILED' }, task: { status: 'closed' } });
    await refuses(told, () => told.decide(hashIn(links, 'ada')), { name: 'Conflict', code: 'task_closed' });
  });

  it('takes none where only its head says so', async () => {
    const { told, links } = await waitingApproval();
    const state = await told.state({ linkHash: hashIn(links, 'ada') });
    const ended = { ...state, head: { ...state.head, status: 'CANCELED' as const } };
    const shown = { outcome: 'approved', subjectHash: state.task?.subjectHash ?? '' };
    expect(() => decide(ended, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(
      expect.objectContaining({ code: 'task_closed' }),
    );
  });
});
