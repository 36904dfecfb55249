/** What a message of the mail queue owes: a mail with its approver's link, which the mail's acceptance makes the current one. */

import * as z from 'zod';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import type { Directory, Person } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { linkFor, type MailOrder, mailAccepted, mailReasons } from '../../core/rules/link.ts';
import { type Notice, noticeKinds } from '../../core/rules/notice.ts';
import { markOf, undeliverable } from '../../core/rules/undeliverable.ts';
import { levelSources } from '../../core/service-level.ts';

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

/** The provider sends nothing to this address any more: trying again is no use. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** What one person is asked, with the link that is theirs. */
export interface Ask {
  to: Person;
  state: IntentState;
  link: Link;
  secret: string;
  why: MailOrder['why'];
}

export interface Ports {
  store: Store;
  context: () => Context;
  people: () => Promise<Directory>;
  /** A link's secret, made from its id: the same each time. */
  secretOf: (linkId: string) => Promise<string>;
  /** Hands the message with the link over; gives its id. Throws AddressRefused. */
  send: (ask: Ask) => Promise<string>;
  /** Hands news over. */
  tell: (to: Person, state: IntentState, notice: Notice) => Promise<unknown>;
}

/** Whoever has left the directory is sent nothing any more. */
export function payMail({ store, context, people, secretOf, send, tell }: Ports) {
  async function ask(message: OutboxMessage): Promise<void> {
    const order = linkOrder.parse(message.body);
    const [secret, state, directory] = await Promise.all([secretOf(order.linkId), store.load(message), people()]);
    const to = directory.find(order.personId);
    const made = linkFor(state, order, sha256(secret), context().now);
    if (!state || !made || !to) return store.settle(message, message.key);
    const link = { ...made, mail: to.mail };
    await store.putLink(link);
    let messageId: string;
    try {
      messageId = await send({ to, state, link, secret, why: order.why });
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      return escalateFor(message, link, directory);
    }
    await perform(store, message, { linkHash: link.hash }, context, (now, at) =>
      mailAccepted(now, { ...order, link, row: message.key, messageId }, at),
    );
  }

  /** As if the mail had come back. */
  async function escalateFor(message: OutboxMessage, { taskId, personId, linkId, mail }: Link, directory: Directory) {
    const failed = { taskId, mark: markOf(personId), why: 'suppressed' as const, mail, messageId: `refused:${linkId}` };
    await perform(store, message, {}, context, (state, at) => undeliverable(state, failed, directory, at));
    await store.settle(message, message.key);
  }

  async function inform(message: OutboxMessage): Promise<void> {
    const { personId, notice } = noticeOrder.parse(message.body);
    const [state, directory] = await Promise.all([store.load(message), people()]);
    const to = directory.find(personId);
    if (state && to) await tell(to, state, notice);
    await store.settle(message, message.key);
  }

  return (message: OutboxMessage): Promise<void> => ('notice' in message.body ? inform(message) : ask(message));
}
