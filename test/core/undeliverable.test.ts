import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import type { LadderWish } from '../../core/model.ts';
import { type FailedMail, markOf, undeliverable } from '../../core/rules/undeliverable.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: id,
  mail: `${id}@example.com`,
  roles: ['approvers'],
  ...more,
});
const people = [
  person('ada', { manager: 'mia' }),
  person('ben'),
  person('mia', { roles: [], backup: 'leo' }),
  person('leo', { roles: [] }),
];
const directory = new Directory(people);

async function waiting(ladder: LadderWish = {}) {
  const told = await story({ humanTask: { title: 'Look', ladder } });
  await told.escalate({}, directory);
  return { told, links: await told.mail() };
}
const fails = (told: Story, id: string, more: Partial<FailedMail> = {}, who = directory) =>
  perform(told.store, told.ref, {}, told.context, (state, at) => {
    const failed: FailedMail = {
      taskId: state?.task?.taskId ?? '',
      mark: markOf(id),
      why: 'bounced',
      mail: `${id}@example.com`,
      messageId: `m-${id}`,
      ...more,
    };
    return undeliverable(state, failed, who, at);
  });
const askedNow = async (told: Story) => (await told.state()).task?.approvers.map(({ id }) => id);
const owed = ({ store, ref }: Story) =>
  store
    .outbox(ref)
    .filter((row) => row.kind === 'mail')
    .map(({ body }) => [body.personId, body.why]);

describe('a mail that comes back', () => {
  it('rule 24: escalates at once, to the manager of who can’t be reached; the record says why and by which rung', async () => {
    const { told, links } = await waiting();
    await fails(told, 'ada');
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'mia']);
    expect(owed(told)).toEqual([['mia', 'escalated']]);
    const { record, personal } = told.store.entries(told.ref).at(-1) ?? {};
    expect(record).toMatchObject({
      action: 'approver.unreachable',
      actor: { kind: 'system', id: 'mail' },
      data: { why: 'bounced', message_id: 'm-ada', rung: 2, level: 'default', to: 'manager' },
    });
    expect(personal?.map(({ value }) => value)).toContain('ada@example.com');
    expect((await told.store.events(told.ref, 0, 100)).at(-1)).toMatchObject({
      type: 'intent.escalated',
      details: { reason: 'mail_bounced', to: [{ id: 'mia', name: 'mia' }] },
    });
    // Her link is hers all the same, however she came by it.
    expect(await told.decide(links.ada as string, {}, directory)).toMatchObject({ fresh: true });
  });

  it('is one, however often its event comes', async () => {
    const { told } = await waiting();
    await fails(told, 'ada');
    const before = await told.state();
    await fails(told, 'ada');
    await fails(told, 'ada', { messageId: 'another', mail: 'ADA@example.com' });
    expect(await told.state()).toEqual(before);
  });

  it('goes where the ladder’s next escalation goes, and replaces only who can’t be reached', async () => {
    const { told, links } = await waiting({ escalate: [{ after_seconds: 3600, to: 'leo', how: 'replaces' }] });
    await fails(told, 'ada');
    expect(await askedNow(told)).toEqual(['ben', 'leo']);
    await expect(told.decide(links.ada as string, {}, directory)).rejects.toMatchObject({ name: 'PolicyDenied' });
  });

  it('goes on from one to the next where their mails come back too', async () => {
    const { told } = await waiting();
    await fails(told, 'ada');
    await fails(told, 'mia', { why: 'suppressed' });
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'mia', 'leo']);
    await fails(told, 'leo', { why: 'complained' });
    // Nobody is left: recorded, and nothing else.
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'mia', 'leo']);
    expect(told.store.records(told.ref).at(-1)?.data).toMatchObject({ why: 'complained', to: 'nobody' });
  });

  it('changes no time: the rung comes when it was to come, and who is reachable is reminded', async () => {
    const { told } = await waiting({ remind: { after_seconds: 1000 }, escalate: [{ after_seconds: 2000 }] });
    const before = (await told.state()).task?.ladder;
    await fails(told, 'ada');
    await told.mail();
    expect((await told.state()).task?.ladder).toEqual(before);
    told.pass(1000);
    await told.climb(1, 0, directory);
    expect(owed(told)).toEqual([
      ['ben', 'reminder'],
      ['mia', 'reminder'],
    ]);
    await told.mail();
    told.pass(1000);
    await told.climb(1, 1, directory);
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'mia', 'leo']);
  });

  it('to an address that the directory has corrected since is no reason not to remind', async () => {
    const { told } = await waiting({ remind: { after_seconds: 1000 } });
    await fails(told, 'ada');
    await told.mail();
    told.pass(1000);
    await told.climb(
      1,
      0,
      new Directory(people.map((one) => (one.id === 'ada' ? { ...one, mail: 'ada@new.example' } : one))),
    );
    expect(owed(told).map(([id]) => id)).toContain('ada');
  });

  it('to somebody whom a chat has told as well is nothing', async () => {
    const { told } = await waiting();
    const before = await told.state();
    const one = { personId: 'ada', name: 'ada', at: told.now(), why: 'assigned' as const, messageId: '' };
    const by = (channels: string[]) => ({ ...before, task: { ...before.task, told: [{ ...one, by: channels }] } });
    const failed = {
      taskId: before.task?.taskId ?? '',
      mark: markOf('ada'),
      why: 'bounced' as const,
      mail: 'a@b.example',
    };
    const failsFor = (channels: string[]) =>
      undeliverable(by(channels) as never, { ...failed, messageId: 'm-1' }, directory, told.context());
    expect(failsFor(['slack', 'mail'])).toEqual({ done: null });
    expect(failsFor(['mail'])).toHaveProperty('command');
  });

  it('about nothing that waits is nothing: decided, another task, nobody asked, no intent', async () => {
    const { told, links } = await waiting();
    const quiet = async (id: string, more: Partial<FailedMail> = {}) => {
      const before = await told.state();
      await fails(told, id, more);
      expect(await told.state()).toEqual(before);
    };
    await quiet('mia');
    await quiet('ada', { taskId: 'another.1' });
    await told.decide(links.ada as string, {}, directory);
    await quiet('ada');
    await quiet('ben');
    expect(undeliverable(undefined, {} as FailedMail, directory, told.context())).toEqual({ done: null });
    expect(given.start <= told.now()).toBe(true);
  });
});
