/** What a message of the mail queue owes: a mail with its approver's link, which the mail's acceptance makes the current one. */

import * as z from 'zod';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import type { Directory, Person } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { isRevoked } from '../../core/rules/decide.ts';
import { linkFor, type MailOrder, mailAccepted, mailReasons, type Sent } from '../../core/rules/link.ts';
import { type Notice, noticeKinds } from '../../core/rules/notice.ts';
import { informMore } from '../../core/rules/override.ts';
import { markOf, undeliverable } from '../../core/rules/undeliverable.ts';
import { levelSources } from '../../core/service-level.ts';
import { AddressRefused, placesOf } from './channels/notify.ts';
import type { Message } from './message.ts';

const linkOrder = z.object({
  linkId: z.string(),
  taskId: z.string(),
  personId: z.string(),
  why: z.enum(mailReasons),
  rung: z.int().exactOptional(),
  level: z.enum(levelSources).exactOptional(),
});

const noticeOrder = z.object({
  taskId: z.string(),
  personId: z.string(),
  notice: z.object({
    what: z.enum(noticeKinds),
    by: z.string(),
    to: z.string().exactOptional(),
    note: z.string().exactOptional(),
  }),
});

const moreNews = z.object({ taskId: z.string(), informed: z.int().min(1) });

export interface Ports {
  store: Store;
  context: () => Context;
  people: () => Promise<Directory>;
  /** A link's secret, made from its id: the same each time. */
  secretOf: (linkId: string) => Promise<string>;
  /** The words of a message with a link, and of one that only tells. */
  asking: (state: IntentState, secret: string, why: MailOrder['why'], to: Person) => Message;
  telling: (state: IntentState, notice: Notice) => Message;
  /** Hands a message over, by the person's channels. Throws AddressRefused. */
  tell: (to: Person, message: Message, link?: Link) => Promise<Sent>;
}

/** Whoever has left the directory is sent nothing any more. */
export function payMail({ store, context, people, secretOf, asking, telling, tell }: Ports) {
  async function ask(message: OutboxMessage): Promise<void> {
    const order = linkOrder.parse(message.body);
    const [secret, found, directory] = await Promise.all([secretOf(order.linkId), store.load(message), people()]);
    // What a later revision changes is shown; of a first one the mail says nothing that only the payload has.
    const state = found?.earlier ? await store.load(message, { request: true }) : found;
    const to = directory.find(order.personId);
    const made = linkFor(state, order, sha256(secret), context().now);
    if (!state?.task || !made || !to || isRevoked(made, state.task, to)) return store.settle(message, message.key);
    const places = placesOf(to);
    const link: Link = { ...made, mail: to.mail, ...(places ? { sentTo: places } : {}) };
    await store.putLink(link);
    let sent: Sent;
    try {
      sent = await tell(to, asking(state, secret, order.why, to), link);
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      return escalateFor(message, link, directory);
    }
    await perform(store, message, { linkHash: link.hash }, context, (now, at) =>
      mailAccepted(now, { ...order, link, row: message.key, ...sent }, at),
    );
  }

  /** As if the mail had come back. */
  async function escalateFor(message: OutboxMessage, { taskId, personId, linkId, mail }: Link, directory: Directory) {
    const failed = { taskId, mark: markOf(personId), why: 'suppressed' as const, mail, messageId: `refused:${linkId}` };
    await perform(store, message, {}, context, (state, at) => undeliverable(state, failed, directory, at));
    await store.settle(message, message.key);
  }

  /** A commit that ends a takeover holds the news for some of many; the others' are owed by one that follows. */
  async function owe(message: OutboxMessage): Promise<void> {
    const order = moreNews.parse(message.body);
    await perform(store, message, {}, context, (state, at) => informMore(state, order, at));
    await store.settle(message, message.key);
  }

  async function inform(message: OutboxMessage): Promise<void> {
    const { personId, notice } = noticeOrder.parse(message.body);
    const [state, directory] = await Promise.all([store.load(message), people()]);
    const to = directory.find(personId);
    if (state && to) await tell(to, telling(state, notice));
    await store.settle(message, message.key);
  }

  return (message: OutboxMessage): Promise<void> => {
    if ('informed' in message.body) return owe(message);
    return 'notice' in message.body ? inform(message) : ask(message);
  };
}
