/** Hostile text where people and their files bring it: lists, batches, notes, names, evidence, remarks, notices, a freeze's reason. */

import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import type { Decision } from '../../core/model.ts';
import { comment } from '../../core/rules/comment.ts';
import { reassign } from '../../core/rules/delegate.ts';
import { freezeAs } from '../../core/rules/override.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { noticeFor } from '../../functions/mail/notice.ts';
import { batchDonePage, batchPage } from '../../pages/batch.ts';
import { arrivedPage, choosePage } from '../../pages/files.ts';
import { handedOverPage, notAskedPage } from '../../pages/hand-over.ts';
import { listPage } from '../../pages/inbox.ts';
import { mePage } from '../../pages/me.ts';
import { movedPage, withMoves } from '../../pages/moves.ts';
import { approvalPage, decidedPage, watchPage } from '../../pages/task.ts';
import { viewPage } from '../../pages/view.ts';
import { faultsOfMarkup, faultsOfText } from '../abuse/answers.ts';
import * as given from '../core/builders.ts';
import { story, waitingApproval } from '../core/story.ts';
import { hostile } from './hostile.ts';

const tagsOf = (page: string): string[] =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .match(/<\/?[a-z][^>]*>/gi)
    ?.map((tag) => tag.replace(/="[^"]*"/g, '')) ?? [];

/** Names are short; everything else is as long as its rule lets it be. */
const short = (words: string) => [...words].slice(0, 80).join('').toWellFormed();
const long = (words: string) => words.slice(0, 2000).toWellFormed();

const all = {
  asked: true,
  isRequester: false,
  stoodInFor: true,
  takesBack: true,
  takesOver: true,
  withdraws: true,
  freezes: true,
};

async function shown(words: string): Promise<{ pages: Record<string, string>; mails: Record<string, string> }> {
  const name = short(words);
  const person = (id: string, roles: string[]): Person => ({ id, name, mail: `${id}@example.com`, roles });
  const [ada, ben, olga] = [person('ada', ['approvers']), person('ben', ['approvers']), person('olga', ['operators'])];
  const directory = new Directory([ada, ben, olga]);
  const told = await story({ humanTask: { title: long(words), description: long(words), assignees: ['ada'] } });
  await told.escalate({}, directory);
  await told.mail();
  const signed = (id: string) => ({ by: 'person', id, via: short(words) }) as const;
  await perform(told.store, told.ref, { request: true }, told.context, (state, at) =>
    comment(state, signed('ada'), long(words), directory, at),
  );
  await perform(told.store, told.ref, { request: true }, told.context, (state, at) =>
    reassign(state, signed('ada'), { to: 'ben', note: long(words) }, directory, at),
  );
  const state = await told.seen();
  const { task } = state;
  if (!task) throw new TypeError('somebody is asked');
  const events = await told.store.events(told.ref, 0, 200);
  const session = { person: ben, personId: 'ben', via: name, createdAt: given.start, expiresAt: given.start };
  const reader = { personId: 'ben', mail: ben.mail, via: name };
  const texts = () => [words];
  const entered = { outcome: 'approved', comment: words, field: 'evidence.url', message: 'No.', texts };
  const handOver = { candidates: [ada, ben], entered: { to: 'ada', note: words, field: 'note', message: 'No.' } };
  const file = { name, bytes: 1, sha256: 'a'.repeat(64) };
  const links = { self: '/files/x', back: '/a/x' };
  const evidence = { text: words, url: 'https://tickets.example/7', media: { ...file, id: 'm', contentType: 'x' } };
  const vote: Decision = {
    ...{ outcome: 'approved', reason: 'other', comment: words, at: told.now(), by: { id: 'ben', name }, via: name },
    ...{ step: 0, evidence, assignee: { id: 'ada', name }, for: { id: 'ada', name } },
  };
  const one = { path: `${told.ref.tenant}/${task.taskId}`, state: { ...state, task }, fits: true };
  const row = {
    ...{ is: 'open' as const, ...told.ref, personId: 'ben', taskId: task.taskId, taskType: task.type, type: words },
    ...{ from: words, title: words, about: `${words} `, risk: 'low' as const, deadline: told.now(), overdue: true },
  };
  const manual = (await waitingApproval({ humanTask: { title: long(words), task_type: 'manual_action' } })).told;
  const assigning = (await waitingApproval({ humanTask: { title: long(words), task_type: 'assignment' } })).told;
  const candidates = [{ id: 'ben', name, mail: ben.mail, as: 'role' as const }];
  const outcomes = [{ name: 'approved', for: true, comment: 'optional', label: 'Approve', reasons: {} }] as const;
  const refused = { outcome: 'approved', reason: words, comment: words, field: 'comment', message: words };
  const form = { url: 'https://s3.example/', fields: { key: words } };
  const pages: Record<string, string> = {
    list: listPage(ben, { is: 'open', rows: [row], filter: { search: words }, cursor: words, after: words }),
    batch: batchPage(session, [one], outcomes, refused),
    batchDone: batchDonePage(session, [{ ...one, happened: words }]),
    handed: approvalPage(state, reader, {
      entered,
      events,
      handOver,
      remark: { entered: { text: words, message: words } },
    }),
    watched: watchPage(state, 'olga', events),
    moves: withMoves(watchPage(state, 'olga', []), all, { move: 'freeze', note: words, message: words }),
    moved: movedPage('freeze'),
    handedOver: handedOverPage(name),
    notAsked: notAskedPage(task),
    manual: approvalPage(await manual.seen(), reader, { entered, works: { file: evidence.media } }),
    assignment: approvalPage(await assigning.seen(), reader, { entered, works: { candidates } }),
    decided: decidedPage(state, vote, 'ada', words, events),
    choose: choosePage(task, form as never, '/a/x', words),
    arrived: arrivedPage(task, file, `uploads/${words}`, links),
    away: mePage(
      { ...ben, away: { from: told.now(), until: given.later(told.now(), 60), delegate: 'ada' } },
      directory,
      told.now(),
    ),
  };
  const notice = (what: 'reassigned' | 'recalled') => noticeFor(state, { what, by: name, to: name, note: long(words) });
  const mails = [mailOf(notice('reassigned')), mailOf(notice('recalled'))];
  await perform(told.store, told.ref, { request: true }, told.context, (before, at) =>
    freezeAs(before, { id: 'olga', via: name }, words.slice(0, 400).toWellFormed() || 'x', told.type, directory, at),
  );
  await told.escalate({ generation: 2, token: 'token-2' }, directory);
  const frozen = await told.seen();
  const after = await told.store.events(told.ref, 0, 200);
  pages.takeover = approvalPage(frozen, { personId: 'olga', mail: olga.mail }, { events: after });
  pages.view = viewPage(frozen, after, [], told.now());
  return {
    pages,
    mails: Object.fromEntries(
      mails.flatMap(({ text, subject }, n) => [
        [`text ${n}`, text],
        [`subject ${n}`, subject],
      ]),
    ),
  };
}

/** Elements that texts which are too long for a heading, or that differ from another, may add. */
const more = [
  '<p class>',
  '</p>',
  '<dl>',
  '</dl>',
  '<div class>',
  '<div>',
  '</div>',
  '<dt>',
  '</dt>',
  '<dd class>',
  '<dd>',
  '</dd>',
  '<br>',
];

describe('rule 23: hostile text of people', () => {
  it.each(Object.keys(hostile))('%s: is text, and everybody sees what is there', { timeout: 60_000 }, async (kind) => {
    const [bad, calm] = [await shown(hostile[kind] ?? ''), await shown('calm')];
    for (const [name, page] of Object.entries(bad.pages)) {
      // The way to S3 and the address of evidence are the page's own.
      const usual = faultsOfMarkup(calm.pages[name] ?? '');
      expect(
        faultsOfMarkup(page).filter((fault) => !usual.includes(fault)),
        name,
      ).toEqual([]);
      const known = new Set([...tagsOf(calm.pages[name] ?? ''), ...more]);
      expect(
        tagsOf(page).filter((tag) => !known.has(tag)),
        name,
      ).toEqual([]);
    }
    for (const [name, mail] of Object.entries(bad.mails)) {
      expect(faultsOfText(mail), name).toEqual([]);
      expect(mail.length, name).toBeLessThan(40_000);
    }
  });
});
