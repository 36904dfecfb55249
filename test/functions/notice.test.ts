import { describe, expect, it } from 'vitest';
import { Directory } from '../../core/directory.ts';
import { noticeRow } from '../../core/rules/notice.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { noticeFor } from '../../functions/mail/notice.ts';
import { type Ports, payMail } from '../../functions/mail/pay.ts';
import * as given from '../core/builders.ts';
import { overdueApproval, story, waitingApproval, waitingRefund } from '../core/story.ts';

const taken = { what: 'taken_over', by: 'Cleo Example', note: 'I look into it.\nBcc: all@example.com' } as const;

/** The mail queue's consumer for one story: what was told, to whom. */
async function inform(people = given.directory) {
  const { told } = await waitingRefund();
  const sent: { to: string; text: string }[] = [];
  const row = noticeRow({ taskId: `${told.ref.intentId}.1` }, 'ada', taken, told.context());
  const settled: string[] = [];
  const ports: Ports = {
    store: { ...told.store, settle: async (_ref, key) => void settled.push(key) },
    context: told.context,
    people: async () => people,
    secretOf: () => Promise.reject(new Error('a notice holds no link')),
    asking: () => {
      throw new Error('a notice asks nothing');
    },
    telling: noticeFor,
    tell: async ({ mail }, message) => {
      sent.push({ to: mail, text: mailOf(message).text });
      return { messageId: 'm-1' };
    },
  };
  await payMail(ports)({ v: 1, ...told.ref, key: row.key, kind: 'mail', traceId: 'trace-00000001', body: row.body });
  return { sent, settled, row };
}

describe('news without a link', () => {
  it('goes once to the person of the directory, and is then owed no more', async () => {
    const { sent, settled, row } = await inform();
    expect(sent.map(({ to }) => to)).toEqual(['ada@example.com']);
    expect(settled).toEqual([row.key]);
  });

  it('goes to nobody who has left', async () => {
    const { sent, settled, row } = await inform(new Directory([]));
    expect(sent).toEqual([]);
    expect(settled).toEqual([row.key]);
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
  const ports = { secretOf: none, asking: never, telling: never, tell: none };
  const pay = payMail({ store: told.store, context: told.context, people: async () => people, ...ports });
  for (const _ of ['first', 'again'])
    await pay({
      v: 1,
      ...told.ref,
      key: row?.key ?? '',
      kind: 'mail',
      traceId: 'trace-00000001',
      body: row?.body ?? {},
    });
  expect(owed().map(({ body }) => body.personId)).toEqual([...approvers.map(({ id }) => id), 'otto']);
});

function never(): never {
  throw new Error('this tells nobody yet');
}
