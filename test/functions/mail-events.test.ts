import type { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { describe, expect, it } from 'vitest';
import { taggedWith, tagsOf, tagsOfDigest } from '../../adapters/mail-tags.ts';
import { messageOf } from '../../adapters/messages.ts';
import { Directory } from '../../core/directory.ts';
import type { Link } from '../../core/model.ts';
import { mailReasons } from '../../core/rules/link.ts';
import { markOf } from '../../core/rules/undeliverable.ts';
import { shown } from '../../core/shown.ts';
import { mailSender } from '../../functions/mail/channels/mail.ts';
import { AddressRefused } from '../../functions/mail/channels/notify.ts';
import { messageFor } from '../../functions/mail/message.ts';
import { payMail } from '../../functions/mail/pay.ts';
import { failureOf, sesEvent } from '../../functions/mail-events/failure.ts';
import { story, waitingApproval } from '../core/story.ts';
import { noDigests } from './digests.ts';

const link = {
  tenant: `${'ö'.repeat(24)}/${'x'.repeat(48)}`,
  intentId: '00000000-0000-4000-8000-000000000001',
  taskId: '00000000-0000-4000-8000-000000000001.1',
  personId: 'ada@example.com, or another id',
} as Link;
const tags = Object.fromEntries(tagsOf(link).map(({ Name, Value }) => [Name, [Value]]));
const mail = { messageId: 'm-1', destination: ['ada@example.com'], tags, timestamp: '2026-11-20T09:00:00.000Z' };
const bounce = (bounceType: string, bounceSubType = 'General') =>
  sesEvent.parse({
    source: 'aws.ses',
    detail: { eventType: 'Bounce', mail, bounce: { bounceType, bounceSubType, feedbackId: 'f' } },
  });
const complaint = (complaintSubType?: string | null) =>
  sesEvent.parse({ detail: { eventType: 'Complaint', mail, complaint: { complaintSubType } } });

describe('a mail’s tags', () => {
  it('are such as SES takes, name nobody, and lead back to the task', () => {
    for (const { Name, Value } of tagsOf(link))
      expect(`${Name}=${Value}`).toMatch(/^[A-Za-z0-9_-]+=[A-Za-z0-9_-]{1,256}$/);
    expect(JSON.stringify(tags)).not.toContain('ada');
    const { tenant, intentId, taskId, personId } = link;
    expect(taggedWith({ ...tags, 'ses:configuration-set': ['set'] })).toEqual({
      task: { tenant, intentId, taskId },
      mark: markOf(personId),
    });
    for (const other of [undefined, {}, { ...tags, task: [] }]) expect(taggedWith(other)).toBeUndefined();
  });

  it('of a digest lead to what it lists', () => {
    const given = tagsOfDigest('0199-digest', link.personId);
    for (const { Name, Value } of given) expect(`${Name}=${Value}`).toMatch(/^[A-Za-z0-9_-]+=[A-Za-z0-9_-]{1,256}$/);
    const ofDigest = Object.fromEntries(given.map(({ Name, Value }) => [Name, [Value]]));
    expect(JSON.stringify(ofDigest)).not.toContain('ada');
    expect(taggedWith(ofDigest)).toEqual({ digestId: '0199-digest', mark: markOf(link.personId) });
  });
});

describe('an event of SES', () => {
  it.each([
    ['a bounce for good', bounce('Permanent'), 'bounced'],
    ['a bounce that may pass', bounce('Transient', 'MailboxFull'), undefined],
    ['a bounce of which nobody knows', bounce('Undetermined', 'Undetermined'), undefined],
    ['an address on the list of the account', bounce('Permanent', 'OnAccountSuppressionList'), 'suppressed'],
    ['an address on the list of SES', bounce('Permanent', 'Suppressed'), 'suppressed'],
    ['a complaint', complaint(null), 'complained'],
    ['a complaint that was known', complaint('OnAccountSuppressionList'), 'suppressed'],
  ])('%s', (_, event, why) => {
    const found = failureOf(event);
    expect(found?.why).toBe(why);
    if (why)
      expect(found?.about).toMatchObject({
        messageId: 'm-1',
        mail: 'ada@example.com',
        task: { taskId: link.taskId },
        why,
      });
  });

  it('of a mail without tags counts, and is about no task; what is no such event is refused', () => {
    const plain = {
      detail: {
        eventType: 'Bounce',
        mail: { ...mail, tags: {} },
        bounce: { bounceType: 'Permanent', bounceSubType: 'General' },
      },
    };
    expect(failureOf(sesEvent.parse(plain))).toEqual({ why: 'bounced' });
    for (const wrong of [{}, { detail: { eventType: 'Open', mail } }]) expect(() => sesEvent.parse(wrong)).toThrow();
  });
});

it('an address that SES refuses at once is escalated from as one that bounced, and its mail is paid', async () => {
  const ben = { id: 'ben', name: 'Ben', mail: 'ben@example.com', roles: ['approvers'], manager: 'mia' };
  const words = { subject: '', lead: '', facts: [], closing: '' };
  const directory = new Directory([ben, { id: 'mia', name: 'Mia', mail: 'mia@example.com', roles: [] }]);
  const told = await story();
  await told.escalate({}, directory);
  const [row] = told.store.outbox(told.ref).filter(({ kind }) => kind === 'mail');
  const pay = payMail({
    store: told.store,
    context: told.context,
    people: async () => directory,
    secretOf: async (id) => `secret of ${id}`,
    asking: () => words,
    telling: () => words,
    tell: () => Promise.reject(new AddressRefused('Address is on the suppression list.')),
    ...noDigests,
  });
  await pay(messageOf({ ...row, ...told.ref }));
  expect((await told.state()).task).toMatchObject({ unreachable: { ben: { why: 'suppressed' } }, links: {} });
  expect(told.store.outbox(told.ref).map(({ body }) => body.personId)).toEqual(['mia']);
});

it('a mail is sent with its tags; only what SES says of an address is taken for its refusal', async () => {
  const words = { subject: 's', lead: 'l', facts: [], closing: 'c' };
  const sent: SendEmailCommand[] = [];
  const sending = (error?: { name: string; message: string }) => {
    const ses = {
      send: async (command: SendEmailCommand) => {
        sent.push(command);
        if (error) throw Object.assign(new Error(error.message), { name: error.name });
        return { MessageId: 'm-1' };
      },
    };
    return mailSender({ SENDER: 'us@example.com', CONFIGURATION_SET: 'set' }, ses as unknown as SESClient);
  };
  expect(await sending()('ada@example.com', words, tagsOf(link))).toBe('m-1');
  expect(sent[0]?.input).toMatchObject({ ConfigurationSetName: 'set', Tags: tagsOf(link) });
  const refusal = { name: 'MessageRejected', message: 'Address is on the suppression list.' };
  await expect(sending(refusal)('ada@example.com', words)).rejects.toThrow(AddressRefused);
  for (const other of [
    { ...refusal, message: 'Email address is not verified.' },
    { ...refusal, name: 'Throttling' },
  ])
    await expect(sending(other)('ada@example.com', words)).rejects.not.toThrow(AddressRefused);
});

it('each reason for a mail has words of its own', async () => {
  const { told } = await waitingApproval();
  const state = shown(await told.state(), undefined);
  const all = mailReasons.map((why) => messageFor(state, 'https://decide.example/a/x', [], why));
  expect(all.map(({ subject }) => subject.split(':')[0])).toEqual([
    'Approval',
    'Reminder',
    'Last reminder',
    'Escalated to you',
  ]);
  expect(new Set(all.map(({ lead }) => lead)).size).toBe(mailReasons.length);
});
