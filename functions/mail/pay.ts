/** What a message of the mail queue owes: a mail with its approver's link, which the mail's acceptance makes the current one. */

import * as z from 'zod';
import { perform } from '../../core/commit.ts';
import { digestFor } from '../../core/digest.ts';
import type { Directory, Person } from '../../core/directory.ts';
import type { IntentState, Link } from '../../core/model.ts';
import type { OwedRow } from '../../core/ports.ts';
import { type MailOrder, mailAccepted, type Sent } from '../../core/rules/link.ts';
import { informed, type Notice, noticeKinds } from '../../core/rules/notice.ts';
import { informMore } from '../../core/rules/override.ts';
import { markOf, undeliverable } from '../../core/rules/undeliverable.ts';
import { AddressRefused, placesOf } from './channels/notify.ts';
import { type DigestPorts, payDigest } from './digest.ts';
import type { Message } from './message.ts';
import { type LinkPorts, type OwedLink, orderOf, owedLink } from './owed.ts';

const noticeOrder = z.object({
  taskId: z.string(),
  personId: z.string(),
  notice: z.object({
    what: z.enum(noticeKinds),
    by: z.string(),
    to: z.string().exactOptional(),
    note: z.string().exactOptional(),
    about: z.string().exactOptional(),
  }),
});

const moreNews = z.object({ taskId: z.string(), informed: z.int().min(1) });

export interface Ports extends LinkPorts, DigestPorts {
  people: () => Promise<Directory>;
  /** The words of a message with a link, and of one that only tells. */
  asking: (state: IntentState, secret: string, why: MailOrder['why'], to: Person) => Message;
  telling: (state: IntentState, notice: Notice) => Message;
  /** Hands a message over, by the person's channels. Throws AddressRefused. */
  tell: (to: Person, message: Message, link?: Link) => Promise<Sent>;
}

export function payMail(ports: Ports) {
  const { store, context, people, asking, telling, tell, digests } = ports;
  const linkOwed = owedLink(ports);
  const payAll = payDigest(ports, { alone: ask, refused: escalateFor });

  /** At once, or with the person's next digest. */
  async function pay(row: OwedRow): Promise<void> {
    const order = orderOf(row);
    const directory = await people();
    if (order.digest !== undefined) return payAll(order, directory);
    const owed = await linkOwed(row, order, directory);
    if (!owed) return store.settle(row, row.key);
    const at = digestFor(owed.state.task, order.why, owed.to, directory.calendar, context().now);
    return at === undefined ? ask(owed, directory) : digests.collect(row, owed.to.id, at);
  }

  async function ask({ row, order, state, link: made, secret, to }: OwedLink, directory: Directory): Promise<void> {
    const places = placesOf(to);
    const link: Link = places ? { ...made, sentTo: places } : made;
    await store.putLink(link);
    let sent: Sent;
    try {
      sent = await tell(to, asking(state, secret, order.why, to), link);
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      return escalateFor(row, link, directory);
    }
    await perform(store, row, { linkHash: link.hash }, context, (now, at) =>
      mailAccepted(now, { ...order, link, row: row.key, ...sent }, at),
    );
  }

  /** As if the mail had come back. */
  async function escalateFor(row: OwedRow, { taskId, personId, linkId, mail }: Link, directory: Directory) {
    const failed = { taskId, mark: markOf(personId), why: 'suppressed' as const, mail, messageId: `refused:${linkId}` };
    await perform(store, row, {}, context, (state, at) => undeliverable(state, failed, directory, at));
    await store.settle(row, row.key);
  }

  /** A commit that ends a takeover holds the news for some of many; the others' are owed by one that follows. */
  async function owe(row: OwedRow): Promise<void> {
    const order = moreNews.parse(row.body);
    await perform(store, row, {}, context, (state, at) => informMore(state, order, at));
    await store.settle(row, row.key);
  }

  async function inform(row: OwedRow): Promise<void> {
    const { taskId, personId, notice } = noticeOrder.parse(row.body);
    const [state, directory] = await Promise.all([store.load(row), people()]);
    const to = directory.find(personId);
    if (!state || !to) return store.settle(row, row.key);
    const about = { row: row.key, taskId, personId, mail: to.mail, what: notice.what };
    const sent = await tell(to, telling(state, notice)).catch((error: unknown) => {
      if (error instanceof AddressRefused) return undefined;
      throw error;
    });
    await perform(store, row, {}, context, (now) => informed(now, about, sent));
  }

  return (row: OwedRow): Promise<void> => {
    if ('informed' in row.body) return owe(row);
    return 'notice' in row.body ? inform(row) : pay(row);
  };
}
