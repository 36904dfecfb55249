import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Person } from '../../core/directory.ts';
import type { Notifier } from '../../functions/mail/channels/notify.ts';
import { AddressRefused, notify, placesOf } from '../../functions/mail/channels/notify.ts';
import { slackDirect, slackMessage, slackWebhook } from '../../functions/mail/channels/slack.ts';
import { teamsMessage, teamsWebhook } from '../../functions/mail/channels/teams.ts';
import { messageFor } from '../../functions/mail/message.ts';
import * as given from '../core/builders.ts';
import { waitingApproval, waitingRefund } from '../core/story.ts';
import { type ChatEndpoint, slackToken, startChatEndpoint } from './chat-endpoint.ts';

const link = 'https://decide.example/a/MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI';

let chat: ChatEndpoint;
beforeAll(async () => {
  chat = await startChatEndpoint();
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.received.length = 0;
  chat.failing.length = 0;
});

const refundMessage = async () => {
  const { told } = await waitingRefund();
  return messageFor(await told.seen(), link, given.refundType.tools, 'assigned');
};

/** Everything a reader sees, whichever chat. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return value && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [];
};

describe('rule 27: a message in chat is as documented, with the one link', () => {
  it('Slack, by its Web API', async () => {
    const slack = { url: `${chat.url}/slack`, token: slackToken };
    expect(await slackDirect(slack, 'U0123ABC', await refundMessage())).toBe('1761000000.000100');
    const body = chat.received[0]?.body;
    expect(body.channel).toBe('U0123ABC');
    expect(textsIn(body.blocks).filter((text) => text.includes('http'))).toEqual([`<${link}|Review>`]);
    expect(textsIn(body.blocks)).toContain('Request: Refund 180.00 EUR of order A-1042');
    await expect(slackDirect({ ...slack, token: 'xoxb-other' }, 'U0123ABC', await refundMessage())).rejects.toThrow(
      'invalid_auth',
    );
  });

  it('Slack, by a webhook', async () => {
    await slackWebhook(`${chat.url}/hooks/slack/T0/B0/x`, await refundMessage());
    expect(chat.received.map(({ path }) => path)).toEqual(['/hooks/slack/T0/B0/x']);
  });

  it('Teams, within the 28 KB that a webhook takes, whatever was written', async () => {
    const long = '\u{1f600}'.repeat(20_000);
    const payload = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`field ${n} ${long.slice(0, 200)}`, long]),
    );
    const { told } = await waitingApproval({
      payload,
      onBehalfOf: long,
      humanTask: {
        title: long,
        description: long,
        task_type: 'form',
        form_schema: { type: 'object', properties: { a: { type: 'string', title: long } } },
      },
    });
    const size = (message: Parameters<typeof teamsMessage>[0]) =>
      Buffer.byteLength(JSON.stringify(teamsMessage(message)));
    for (const why of ['assigned', 'reminder', 'final', 'escalated'] as const)
      expect(size(messageFor(await told.seen(), link, [], why))).toBeLessThan(28 * 1024);
    // Each is written out in eight characters.
    const hidden = '\u202e'.repeat(5000);
    const { told: turned } = await waitingApproval({
      payload: { task: hidden },
      onBehalfOf: `${hidden}ada`,
      humanTask: { title: hidden, description: hidden },
    });
    const message = messageFor(await turned.seen(), link, [], 'assigned');
    expect(size(message)).toBeLessThan(28 * 1024);
    expect(JSON.stringify(teamsMessage(message))).toContain(link);
    expect(size({ ...message, facts: Array.from({ length: 900 }, () => [hidden, hidden]) })).toBeLessThan(28 * 1024);
    const { told: refund } = await waitingRefund({ humanTask: { title: 'x', description: long } });
    expect(size(messageFor(await refund.seen(), link, given.refundType.tools, 'assigned'))).toBeLessThan(28 * 1024);
  });

  it('Teams, by a webhook', async () => {
    await teamsWebhook(`${chat.url}/hooks/teams/1`, await refundMessage());
    const card = chat.received[0]?.body.attachments[0]?.content;
    expect(card?.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Review', url: link }]);
    expect(textsIn(card?.body).filter((text) => text.includes('http'))).toEqual([]);
    expect(textsIn(card?.body)).toContain('Request: Refund 180.00 EUR of order A-1042');
  });

  it('masks what a tool’s contract marks as sensitive, as the mail does', async () => {
    const { told } = await waitingRefund({ payload: given.refundPayload({ reason: 'broken in transit' }) });
    const message = messageFor(await told.seen(), link, given.refundType.tools, 'assigned');
    for (const made of [slackMessage(message), teamsMessage(message)])
      expect(textsIn(made).join('\n')).not.toContain('broken in transit');
  });

  it.each([
    '<!channel> <@U1> <https://evil.example|Approve>',
    '*b* _i_ [Approve](https://evil.example)',
    'x'.repeat(9000),
  ])('what an agent wrote is plain text, however it looks: %.30s', async (hostile) => {
    const { told } = await waitingApproval({ humanTask: { title: hostile, description: hostile } });
    const message = messageFor(await told.seen(), link, [], 'assigned');
    await slackWebhook(`${chat.url}/hooks/slack/1`, message);
    await teamsWebhook(`${chat.url}/hooks/teams/1`, message);
    const [slack, teams] = chat.received.map(({ body }) => body);
    expect(slack.text).toBe('An agent asks for your decision.');
    const marked = slack.blocks.flatMap((block: { text?: { type: string; text: string } }) =>
      block.text?.type === 'mrkdwn' ? [block.text.text] : [],
    );
    expect(marked).toEqual([`<${link}|Review>`]);
    expect(teams.attachments[0].content.actions).toHaveLength(1);
    // Anything but a TextRun in a RichTextBlock would read markdown; the endpoint refuses it.
    expect(chat.received).toHaveLength(2);
  });
});

const person = (channels?: readonly Channel[]): Person => ({
  id: 'ada',
  name: 'Ada Example',
  mail: 'ada@example.com',
  roles: [],
  ...(channels ? { channels } : {}),
});

const slackTo: Channel = { by: 'slack', member: 'U0123ABC' };
const teamsTo: Channel = { by: 'teams', webhook: 'ada' };

const noMessage = { subject: '', lead: '', facts: [], closing: '' };

/** Tells somebody whose channels of these kinds fail. */
async function told(to: Person, broken: Channel['by'][] = []) {
  const tried: string[] = [];
  const complaints: string[] = [];
  const one: Notifier = async (_to, { by }) => {
    tried.push(by);
    if (broken.includes(by)) throw new Error(`${by} is down`);
    return by === 'teams' ? '' : `id-${by}`;
  };
  const all = { mail: one, slack: one, slack_webhook: one, teams: one };
  const sent = await notify(all, to, noMessage, ({ by }) => complaints.push(by)).catch((error: Error) => error.message);
  return { sent, tried, complaints };
}

describe('the channels of a person', () => {
  it('are mail where they chose none', async () => {
    expect(await told(person())).toEqual({ sent: { messageId: 'id-mail' }, tried: ['mail'], complaints: [] });
    expect(placesOf(person())).toBeUndefined();
  });

  it('are all tried, and named', async () => {
    const to = person([teamsTo, slackTo]);
    expect(placesOf(to)).toEqual(['teams:ada', 'slack:U0123ABC']);
    const { sent, tried } = await told(to);
    expect(sent).toEqual({ messageId: 'id-slack', to: ['teams:ada', 'slack:U0123ABC'] });
    expect(tried).toEqual(['teams', 'slack']);
  });

  it('fall back to mail where a chat fails, once', async () => {
    const one = await told(person([slackTo]), ['slack']);
    expect(one.sent).toEqual({ messageId: 'id-mail', to: ['ada@example.com'], failed: ['slack:U0123ABC'] });
    expect(one.complaints).toEqual(['slack']);
    const two = await told(person([slackTo, teamsTo]), ['slack', 'teams']);
    expect(two.tried).toEqual(['slack', 'teams', 'mail']);
    const both = await told(person([slackTo, { by: 'mail' }]), ['slack']);
    expect(both.tried).toEqual(['slack', 'mail']);
  });

  it('fail together only where mail fails too: the message is then tried again', async () => {
    expect((await told(person([slackTo]), ['slack', 'mail'])).sent).toBe('mail is down');
    expect((await told(person(), ['mail'])).sent).toBe('mail is down');
    // Refused for good goes before down for now, in whatever order they are: others are asked at once.
    const refuses = async () => Promise.reject(new AddressRefused('suppressed'));
    const down = async () => Promise.reject(new Error('slack is down'));
    const all = { mail: refuses, slack: down, slack_webhook: down, teams: down };
    for (const channels of [
      [{ by: 'mail' }, slackTo],
      [slackTo, { by: 'mail' }],
    ] as Channel[][])
      await expect(notify(all, person(channels), noMessage, () => undefined)).rejects.toThrow(AddressRefused);
    // Somebody was reached: sending all again would tell them twice.
    expect((await told(person([slackTo, { by: 'mail' }]), ['mail'])).sent).toMatchObject({
      failed: ['ada@example.com'],
    });
  });
});

describe('a chat that does not answer as it should', () => {
  it.each([
    ['an error', { status: 500 }, 'answered 500'],
    ['a refusal', { status: 429 }, 'answered 429'],
    ['a redirect, which is not followed', { status: 302 }, 'answered 302'],
  ])('%s counts as failed', async (_what, fate, words) => {
    chat.failing.push(fate);
    await expect(teamsWebhook(`${chat.url}/hooks/teams/1`, await refundMessage())).rejects.toThrow(words);
    expect(chat.received).toEqual([]);
  });

  it('a lost connection says nothing of the webhook’s address', async () => {
    const gone = 'http://127.0.0.1:1/hooks/slack/secret-part';
    const error = await slackWebhook(gone, await refundMessage()).catch((thrown: Error) => thrown);
    expect(String(error)).toMatch(/not reached/);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-part');
  });
});
