/** Digests on the store in memory: several intents, one person who wants one mail a day, and what may go wrong between two calls. */

import { beforeEach, describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import type { HumanTask } from '../../core/model.ts';
import type { OwedRow } from '../../core/ports.ts';
import { decide } from '../../core/rules/decide.ts';
import { reassign, recall } from '../../core/rules/delegate.ts';
import type { Submission } from '../../core/rules/submit.ts';
import { shown } from '../../core/shown.ts';
import { stopKey, stopsFor } from '../../core/stops.ts';
import { memoryDigests } from '../../core/testing/memory-digests.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { AddressRefused } from '../../functions/mail/channels/notify.ts';
import { maxTasksPerMail } from '../../functions/mail/digest.ts';
import { digestMessage, entryFor } from '../../functions/mail/digest-message.ts';
import { messageFor } from '../../functions/mail/message.ts';
import { payMail } from '../../functions/mail/pay.ts';
import * as given from '../core/builders.ts';
import { linkHashOf, oneHouse, type Story, story } from '../core/story.ts';

const lea: Person = {
  id: 'lea',
  name: 'Lea Example',
  mail: 'lea@example.com',
  roles: ['approvers', 'refunds'],
  manager: 'mia',
  digest: { at: '09:00' },
};
const mia: Person = { id: 'mia', name: 'Mia Example', mail: 'mia@example.com', roles: [] };
const people = new Directory([lea, mia]);

/** Stories begin on a Friday at 09:00 UTC. */
const digestAt = '2026-11-21T09:00:00.000Z';
const minute = 60_000;

interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  digestId?: string;
}

/** One deployment: stories that share a table, and the mail queue's consumer. */
function house() {
  const shared = oneHouse();
  const { store, newId } = shared;
  const digests = memoryDigests(store);
  const stories: Story[] = [];
  const mails: Mail[] = [];
  const stops = new Set<string>();
  let now = given.start;
  let directory = people;
  /** Breaks the next call of a port. */
  const broken = new Map<string, Error>();
  const breaks = (what: string) => {
    const error = broken.get(what);
    broken.delete(what);
    if (error) throw error;
  };
  const context = () => ({ now, newId });
  const pay = payMail({
    store: {
      ...store,
      async commit(commit) {
        breaks('commit');
        return store.commit(commit);
      },
    },
    context,
    people: async () => directory,
    secretOf: async (linkId) => `secret of ${linkId}`,
    asking: (state, secret, why) => messageFor(shown(state, undefined), `https://h.example/a/${secret}`, [], why),
    telling: () => ({ subject: 'news', lead: '', facts: [], closing: '' }),
    tell: async (to, message) => {
      mails.push({ to: to.mail, ...mailOf(message) });
      return { messageId: `m-${mails.length}` };
    },
    digests,
    stopped: async (head) => stopsFor(head).some((target) => stops.has(stopKey(target))),
    listing: (state, secret, why) => entryFor(shown(state, undefined), `https://h.example/a/${secret}`, [], why),
    mailDigest: async (to, entries, digestId) => {
      breaks('send');
      mails.push({ to: to.mail, digestId, ...mailOf(digestMessage(entries)) });
      breaks('answer');
      return `m-${mails.length}`;
    },
  });
  const rowsOf = (told: Story) => store.outbox(told.ref).map((row) => ({ ...row, ...told.ref }));
  return {
    store,
    digests,
    mails,
    broken,
    stops,
    pay,
    rowsOf,
    employs: (...all: Person[]) => {
      directory = new Directory(all);
    },
    async asks(humanTask: Partial<HumanTask> = {}, more: Partial<Submission> = {}) {
      const task = { title: 'Newsletter', priority: 'low' as const, ...humanTask };
      const told = await story({ humanTask: task, ...more }, shared);
      told.goTo(now);
      await told.escalate({}, directory);
      stories.push(told);
      return told;
    },
    goTo(iso: string) {
      now = iso;
      for (const told of stories) told.goTo(iso);
    },
    /** The stream brings each new row once. */
    async deliver() {
      for (const told of stories)
        for (const row of rowsOf(told)) if (row.kind === 'mail' && row.body.digest === undefined) await pay(row);
    },
    /** The sweep brings every row that is due, all at once or one after the other; gives what failed. */
    async sweep({ atOnce = false } = {}) {
      const due = stories
        .flatMap(rowsOf)
        .filter(({ kind, dueAt }) => kind === 'mail' && dueAt <= Date.parse(now))
        .map((row) => store.take(row, row.key, Date.parse(now), Date.parse(now) + 5 * minute) && row);
      const failures: unknown[] = [];
      const one = (row: (typeof due)[number]) => (row ? pay(row).catch((error) => failures.push(error)) : undefined);
      if (atOnce) await Promise.all(due.map(one));
      else for (const row of due) await one(row);
      return failures;
    },
    notifiedIn: (told: Story) => told.read().filter(({ action }) => action === 'approver.notified'),
  };
}

const linksIn = (text: string): string[] => text.match(/https:\/\/h\.example\/a\/[^\n]+/g) ?? [];

let at: ReturnType<typeof house>;
beforeEach(() => {
  at = house();
});

describe('what is of low priority', () => {
  it('waits for the digest, owed at its time, and is one mail then: each task once, with a link of its own that decides it', async () => {
    const [first, second] = [await at.asks({ title: 'First' }), await at.asks({ title: 'Second' })];
    await at.deliver();
    expect(at.mails).toEqual([]);
    for (const told of [first, second])
      expect(at.rowsOf(told).map(({ dueAt }) => new Date(dueAt).toISOString())).toEqual([digestAt]);

    at.goTo(digestAt);
    expect(await at.sweep()).toEqual([]);
    const [mail, ...more] = at.mails;
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ to: 'lea@example.com', subject: 'Daily digest: 2 tasks wait for you' });
    const links = linksIn(mail?.text ?? '');
    expect(new Set(links).size).toBe(2);
    for (const [told, link] of [
      [first, links[0]],
      [second, links[1]],
    ] as const) {
      expect(at.rowsOf(told)).toEqual([]);
      const { hash } = (await at.store.findLink(linkHashOf(link?.split('secret of ')[1] ?? ''))) ?? {};
      expect((await told.state()).task?.links).toEqual({ lea: hash });
      expect(at.notifiedIn(told).map(({ data }) => data)).toMatchObject([
        { person: 'lea', sent_to: ['lea@example.com'], why: 'assigned', message_id: 'm-1', digest: mail?.digestId },
      ]);
      expect((await told.decide(hash as string, {}, people)).fresh).toBe(true);
    }
  });

  it.each(['normal', 'high', 'urgent'] as const)('is not %s: that is mailed at once', async (priority) => {
    const told = await at.asks({ priority });
    await at.deliver();
    expect(at.mails.map(({ subject }) => subject)).toEqual(['Newsletter: decision needed']);
    expect(at.notifiedIn(told)[0]?.data).not.toHaveProperty('digest');
  });

  it('is mailed at once to who has no digest, and where its end would come first', async () => {
    await at.asks({ ladder: { expire: { after_seconds: 86_400 } } });
    await at.deliver();
    at.employs({ ...lea, digest: { at: '09:00', off: true } }, mia);
    await at.asks();
    await at.deliver();
    expect(at.mails).toHaveLength(2);
  });

  it('goes by mail also to who is told by chat', async () => {
    at.employs({ ...lea, channels: [{ by: 'slack', member: 'U0123ABC' }] }, mia);
    const told = await at.asks();
    await at.deliver();
    at.goTo(digestAt);
    await at.sweep();
    expect(at.mails.map(({ to }) => to)).toEqual(['lea@example.com']);
    expect((await told.state()).task?.told).toMatchObject([{ by: ['mail'], digest: true, messageId: 'm-1' }]);
  });

  it('has its reminders in the digest, and the last one at once', async () => {
    const ladder = {
      remind: { after_seconds: 3600, times: 1, final_seconds: 3600 },
      expire: { after_seconds: 259_200 },
    };
    const told = await at.asks({ ladder: { ...ladder, escalate: [] } });
    await at.deliver();
    at.goTo(given.later(given.start, 3600));
    await told.climb(1, 0, people);
    await at.deliver();
    expect(at.rowsOf(told).map(({ body }) => body.why)).toEqual(['assigned', 'reminder']);

    // Both are about one task: it is listed once, as what it is to its reader, who hears of it for the first time.
    at.goTo(digestAt);
    await at.sweep();
    expect(at.mails.map(({ text }) => text.match(/^1\. .*$/m)?.[0])).toEqual(['1. Newsletter']);
    expect(at.rowsOf(told)).toEqual([]);

    at.goTo(given.later(given.start, 255_600));
    await told.climb(1, 0, people);
    await at.deliver();
    expect(at.mails.map(({ subject }) => subject.split(':')[0])).toEqual(['Daily digest', 'Last reminder']);
  });

  it('is reminded of in a later digest with a new link, which replaces the old one', async () => {
    const ladder = { remind: { after_seconds: 90_000 }, escalate: [], expire: { after_seconds: 500_000 } };
    const told = await at.asks({ ladder });
    await at.deliver();
    at.goTo(digestAt);
    await at.sweep();
    at.goTo(given.later(given.start, 90_000));
    await told.climb(1, 0, people);
    await at.deliver();
    at.goTo('2026-11-22T09:00:00.000Z');
    await at.sweep();
    expect(at.mails.map(({ text }) => text.match(/^1\. .*$/m)?.[0])).toEqual([
      '1. Newsletter',
      '1. Reminder: Newsletter',
    ]);
    const [old] = linksIn(at.mails[0]?.text ?? '');
    const link = await at.store.findLink(linkHashOf(old?.split('secret of ')[1] ?? ''));
    expect(link?.replacedAt).toBe('2026-11-22T09:00:00.000Z');
    expect(at.notifiedIn(told).map(({ data }) => data.why)).toEqual(['assigned', 'reminder']);
  });
});

describe('what needs nobody any more', () => {
  const signed = { by: 'person', id: 'lea', via: 'signed in' } as const;
  const mia2 = { ...mia, roles: ['approvers'] };
  const over: Record<string, (told: Story) => Promise<unknown>> = {
    decided: async (told) => {
      const subjectHash = (await told.state()).task?.subjectHash ?? '';
      return perform(at.store, told.ref, { request: true }, told.context, (state, now) =>
        decide(state, signed, { outcome: 'approved', subjectHash }, told.type, people, now),
      );
    },
    'handed over': (told) =>
      perform(at.store, told.ref, {}, told.context, (state, now) =>
        reassign(state, signed, { to: 'mia', note: '' }, new Directory([lea, mia2]), now),
      ),
    recalled: (told) =>
      perform(at.store, told.ref, {}, told.context, (state, now) =>
        recall(state, { by: 'agent', address: given.agent }, '', people, now),
      ),
    expired: async (told) => {
      // Its run comes late: both are due by now.
      at.goTo((await told.state()).task?.ladder.at(-1)?.at ?? '');
      return told.climb(1, 0, people);
    },
    frozen: (told) => told.freeze(),
  };

  it.each(Object.keys(over))('%s: is not listed, and owed no more', async (what) => {
    const [gone, open] = [
      await at.asks({ title: 'Gone' }),
      await at.asks({ title: 'Open', ladder: { escalate: [], expire: { after_seconds: 500_000 } } }),
    ];
    await at.deliver();
    await over[what]?.(gone);
    if (what !== 'expired') at.goTo(digestAt);
    expect(await at.sweep()).toEqual([]);
    const digests = at.mails.filter(({ digestId }) => digestId !== undefined);
    expect(digests.map(({ to }) => to)).toEqual(['lea@example.com']);
    expect(digests[0]?.text).toContain('1. Open');
    expect(digests[0]?.text).not.toContain('Gone');
    for (const told of [gone, open])
      expect(at.rowsOf(told).filter(({ body }) => body.digest !== undefined)).toEqual([]);
    expect(at.notifiedIn(gone).filter(({ data }) => data.person === 'lea')).toEqual([]);
  });

  it('of somebody whose links were revoked: is not listed', async () => {
    const told = await at.asks();
    await at.deliver();
    at.goTo(digestAt);
    at.employs({ ...lea, revokedAt: given.later(given.start, 60) }, mia);
    expect(await at.sweep()).toEqual([]);
    expect(at.mails).toEqual([]);
    expect(at.rowsOf(told)).toEqual([]);
  });

  it('makes no mail at all where nothing is left', async () => {
    const told = await at.asks();
    await at.deliver();
    at.employs(mia);
    at.goTo(digestAt);
    expect(await at.sweep()).toEqual([]);
    expect(at.mails).toEqual([]);
    expect(at.rowsOf(told)).toEqual([]);
  });

  it('under a stop waits for the next digest, and goes by itself where it can not wait', async () => {
    const told = await at.asks({ ladder: { escalate: [], expire: { after_seconds: 90_000 } } }, { tenant: 'acme/lab' });
    const other = await at.asks({ ladder: { escalate: [], expire: { after_seconds: 300_000 } } });
    await at.deliver();
    at.goTo(digestAt);
    at.stops.add(stopKey({ kind: 'type', id: 'intent.approval.v1' }));
    await at.sweep();
    // An hour is left of the first.
    expect(at.mails.map(({ subject }) => subject)).toEqual(['Newsletter: decision needed']);
    expect(at.notifiedIn(told)).toHaveLength(1);
    expect(at.rowsOf(other).map(({ dueAt }) => new Date(dueAt).toISOString())).toEqual(['2026-11-22T09:00:00.000Z']);

    at.stops.clear();
    at.goTo('2026-11-22T09:00:00.000Z');
    await at.sweep();
    expect(at.mails.map(({ subject }) => subject)).toEqual([
      'Newsletter: decision needed',
      'Daily digest: one task waits for you',
    ]);
  });
});

describe('whatever breaks', () => {
  it('rows that come all at once make one mail', async () => {
    for (let i = 0; i < 7; i += 1) await at.asks({ title: `Task ${i}` });
    await at.deliver();
    at.goTo(digestAt);
    await at.sweep({ atOnce: true });
    expect(at.mails).toHaveLength(1);
    expect(linksIn(at.mails[0]?.text ?? '')).toHaveLength(7);
  });

  it('a message that comes again while its row waits changes nothing', async () => {
    const told = await at.asks();
    const [row] = at.rowsOf(told);
    await at.deliver();
    at.goTo(given.later(digestAt, -1));
    if (row) await at.pay(row);
    expect(at.rowsOf(told).map(({ dueAt }) => dueAt)).toEqual([Date.parse(digestAt)]);
    expect(at.mails).toEqual([]);
  });

  it.each(['send', 'answer'])('%s: all is still owed, and mailed by the message that comes again', async (what) => {
    const stories = [await at.asks({ title: 'First' }), await at.asks({ title: 'Second' })];
    await at.deliver();
    at.goTo(digestAt);
    at.broken.set(what, new Error('broken'));
    const row = stories.flatMap(at.rowsOf)[0] as OwedRow;
    await expect(at.pay(row)).rejects.toThrow('broken');
    for (const told of stories) expect(at.rowsOf(told)).toHaveLength(1);
    await at.pay(row);
    expect(at.mails).toHaveLength(what === 'send' ? 1 : 2);
    // The same links, whichever mail is read.
    const links = at.mails.map(({ text }) => linksIn(text));
    expect(links.at(-1)).toHaveLength(2);
    expect(links[0]).toEqual(links.at(-1));
    for (const told of stories) expect(at.rowsOf(told)).toEqual([]);
  });

  it('a message that comes twice at once is one mail', async () => {
    const told = await at.asks();
    await at.deliver();
    at.goTo(digestAt);
    const row = at.rowsOf(told)[0] as OwedRow;
    await Promise.all([at.pay(row), at.pay(row)]);
    expect(at.mails).toHaveLength(1);
    expect(at.rowsOf(told)).toEqual([]);
  });

  it('a message that fails leaves all to the next one', async () => {
    const stories = [await at.asks({ title: 'First' }), await at.asks({ title: 'Second' })];
    await at.deliver();
    at.goTo(digestAt);
    at.broken.set('send', new Error('broken'));
    expect(await at.sweep()).toHaveLength(1);
    expect(at.mails.map(({ text }) => linksIn(text).length)).toEqual([2]);
    for (const told of stories) expect(at.rowsOf(told)).toEqual([]);
  });

  it('a message that dies with its claim is followed by another, minutes later', async () => {
    const told = await at.asks();
    await at.deliver();
    at.goTo(digestAt);
    expect(await at.digests.claim('lea', digestAt)).toBeDefined();
    await at.sweep();
    expect(at.mails).toEqual([]);
    expect(at.rowsOf(told)).toHaveLength(1);
    at.goTo(given.later(digestAt, 300));
    await at.sweep();
    expect(at.mails).toHaveLength(1);
    expect(at.rowsOf(told)).toEqual([]);
  });

  it('a task that can not be recorded holds up no other, and comes with the next mail', async () => {
    const stories = [await at.asks({ title: 'First' }), await at.asks({ title: 'Second' })];
    await at.deliver();
    at.goTo(digestAt);
    at.broken.set('commit', new Error('busy'));
    const row = stories.flatMap(at.rowsOf)[0] as OwedRow;
    await expect(at.pay(row)).rejects.toThrow('busy');
    expect(stories.map((told) => at.rowsOf(told).length).sort()).toEqual([0, 1]);
    at.goTo(given.later(digestAt, 300));
    await at.sweep();
    expect(at.mails.map(({ text }) => linksIn(text).length)).toEqual([2, 1]);
    for (const told of stories) expect(at.notifiedIn(told)).toHaveLength(1);
  });

  it('an address that SES refuses escalates each task of the mail', async () => {
    const stories = [await at.asks(), await at.asks()];
    await at.deliver();
    at.goTo(digestAt);
    at.broken.set('send', new AddressRefused('Address is on the suppression list.'));
    expect(await at.sweep()).toEqual([]);
    for (const told of stories) {
      expect((await told.state()).task?.unreachable).toMatchObject({ lea: { why: 'suppressed' } });
      expect(at.rowsOf(told).map(({ body }) => [body.personId, body.why])).toEqual([['mia', 'escalated']]);
    }
  });
});

describe('a digest', () => {
  it('is kept by its id with what it lists, for its bounce', async () => {
    const stories = [await at.asks(), await at.asks({}, { tenant: 'acme/lab' })];
    await at.deliver();
    at.goTo(digestAt);
    await at.sweep();
    const listed = await at.digests.listed(at.mails[0]?.digestId ?? '');
    const tasks = stories.map(({ ref }) => ({ ...ref, taskId: `${ref.intentId}.1` }));
    expect(listed).toHaveLength(2);
    expect(listed).toEqual(expect.arrayContaining(tasks));
  });

  it(`lists ${maxTasksPerMail} tasks, what is due first first; more make a second mail`, async () => {
    for (let i = 0; i <= maxTasksPerMail; i += 1)
      await at.asks({ title: `Task ${i}`, ladder: { escalate: [], expire: { after_seconds: 400_000 - i } } });
    await at.deliver();
    at.goTo(digestAt);
    expect(await at.sweep()).toEqual([]);
    expect(at.mails.map(({ text }) => linksIn(text).length)).toEqual([maxTasksPerMail, 1]);
    expect(at.mails[0]?.text).toContain(`1. Task ${maxTasksPerMail}\n`);
    expect(at.mails[1]?.text).toContain('1. Task 0\n');
    // What mail programs show of one.
    expect(Buffer.byteLength(at.mails[0]?.html ?? '')).toBeLessThan(102_400);
  });
});
