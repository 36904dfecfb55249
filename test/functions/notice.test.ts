import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { Directory } from '../../core/directory.ts';
import { noticeRow } from '../../core/rules/notice.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { AddressRefused } from '../../functions/mail/channels/notify.ts';
import { noticeFor } from '../../functions/mail/notice.ts';
import { type Ports, payMail } from '../../functions/mail/pay.ts';
import * as given from '../core/builders.ts';
import { overdueApproval, story, waitingApproval, waitingRefund } from '../core/story.ts';
import { noDigests } from './digests.ts';

const taken = { what: 'taken_over', by: 'Cleo Example', note: 'I look into it.\nBcc: all@example.com' } as const;

/** The mail queue's consumer for one story: what was told, to whom. */
async function inform(people = given.directory, refuses?: Error) {
  const { told } = await waitingRefund();
  const sent: { to: string; text: string }[] = [];
  const row = noticeRow({ taskId: `${told.ref.intentId}.1` }, 'ada', taken, told.context());
  await perform(told.store, told.ref, {}, told.context, () => ({
    command: 'owes',
    action: 'task.taken_over',
    actor: { kind: 'system', id: 'test' },
    head: {},
    events: [],
    data: {},
    owed: [row],
    result: null,
  }));
  const ports: Ports = {
    store: told.store,
    context: told.context,
    people: async () => people,
    secretOf: () => Promise.reject(new Error('a notice holds no link')),
    asking: () => {
      throw new Error('a notice asks nothing');
    },
    telling: noticeFor,
    tell: async ({ mail }, message) => {
      if (refuses) throw refuses;
      sent.push({ to: mail, text: mailOf(message).text });
      return { messageId: 'm-1' };
    },
    ...noDigests,
  };
  const paid = await payMail(ports)({ ...told.ref, key: row.key, body: row.body }).catch((error: Error) => error);
  return { sent, paid, owed: told.store.outbox(told.ref).map(({ key }) => key), row, last: told.read().at(-1) };
}

describe('news without a link', () => {
  it('goes once to the person of the directory, and is then owed no more', async () => {
    const { sent, owed, last } = await inform();
    expect(sent.map(({ to }) => to)).toEqual(['ada@example.com']);
    expect(owed).toEqual([]);
    expect(last).toMatchObject({
      action: 'person.informed',
      data: { person: 'ada', what: 'taken_over', sent_to: ['ada@example.com'], message_id: 'm-1' },
    });
  });

  it('to an address that is refused for good is recorded as not sent, and owed no more', async () => {
    const { paid, owed, last } = await inform(given.directory, new AddressRefused('suppressed'));
    expect([paid, owed]).toEqual([undefined, []]);
    expect(last).toMatchObject({
      action: 'person.not_informed',
      data: { person: 'ada', sent_to: [], failed: ['ada@example.com'] },
    });
  });

  it('that could not be handed over is owed still', async () => {
    const { paid, owed, row } = await inform(given.directory, new Error('throttled'));
    expect([paid, owed]).toEqual([new Error('throttled'), [row.key]]);
  });

  it('goes to nobody who has left', async () => {
    const { sent, owed } = await inform(new Directory([]));
    expect(sent).toEqual([]);
    expect(owed).toEqual([]);
  });

  it('tells whoever let a ladder end that operators are asked now', async () => {
    const { told } = await overdueApproval();
    await told.escalate({ rung: 1, token: 'token-2' }, given.directoryWithOperators);
    const { lead } = noticeFor(await told.state(), { what: 'overdue', by: 'The service level' });
    expect(lead).toBe('Nobody decided this in time: operators are asked how it ends. You are not asked any more.');
  });

  it('says what happened and who did it, in one line each, with no address that could be clicked', async () => {
    const { told } = await waitingApproval({ humanTask: { title: 'See https://evil.example', description: 'Go' } });
    const mail = mailOf(noticeFor(await told.state(), taken));
    expect(mail.text.split('\n')).toEqual([
      'Cleo Example has taken this over. You are not asked any more.',
      '',
      'Request: Go',
      `Asked by: ${given.agent}`,
      'In their words: I look into it. Bcc: all@example[.]com',
      '',
      'There is nothing for you to do.',
      '',
    ]);
    expect(mail.subject).toBe('For your information: See https[:]//evil[.]example');
    for (const part of [mail.html, mail.text, mail.subject]) expect(part).not.toMatch(/href|https?:\/\//);
  });
});

it('of an end that concerns more than one commit may owe is owed to the others by the next, once', async () => {
  const approvers = Array.from({ length: 25 }, (_, n) => ({
    id: `p-${n}`,
    name: `Person ${n}`,
    mail: `p-${n}@example.com`,
    roles: n < 2 ? ['approvers', 'operators'] : ['approvers'],
  }));
  const operators = [...approvers, { id: 'olga', name: 'Olga', mail: 'olga@example.com', roles: ['operators'] }];
  const people = new Directory([
    ...operators,
    { id: 'otto', name: 'Otto', mail: 'otto@example.com', roles: ['operators'] },
  ]);
  const told = await story();
  await told.escalate({}, people);
  await told.freeze();
  await told.escalate({ generation: 2, token: 'token-2' }, people);
  const links = await told.mail();
  for (const { key } of told.store.outbox(told.ref)) await told.store.settle(told.ref, key);
  const data = { how: 'canceled' };
  await told.decide(links.olga as string, { outcome: 'override_approved', comment: 'Enough.', data }, people);
  const owed = () => told.store.outbox(told.ref).filter(({ kind }) => kind === 'mail');
  expect(owed()).toHaveLength(26);
  const row = owed().find(({ body }) => body.informed !== undefined);
  const none = () => Promise.reject(new Error('this tells nobody yet'));
  const ports = { secretOf: none, asking: never, telling: never, tell: none, ...noDigests };
  const pay = payMail({ store: told.store, context: told.context, people: async () => people, ...ports });
  for (const _ of ['first', 'again']) await pay({ ...told.ref, key: row?.key ?? '', body: row?.body ?? {} });
  expect(owed().map(({ body }) => body.personId)).toEqual([...approvers.map(({ id }) => id), 'otto']);
});

function never(): never {
  throw new Error('this tells nobody yet');
}
