/** What a message of the mail queue owes: a mail with its approver's link, which the mail's acceptance makes the current one. */

import * as z from 'zod';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { linkFor, type MailOrder, mailAccepted } from '../../core/rules/link.ts';

const order = z.object({
  linkId: z.string(),
  taskId: z.string(),
  personId: z.string(),
  why: z.enum(['assigned', 'reminder']),
});

export interface Ports {
  store: Store;
  context: () => Context;
  /** A link's secret, made from its id: the same each time. */
  secretOf: (linkId: string) => Promise<string>;
  /** Hands the mail over; gives its id. */
  send: (state: IntentState, link: Link, secret: string, why: MailOrder['why']) => Promise<string>;
}

export const payMail =
  ({ store, context, secretOf, send }: Ports) =>
  async (message: OutboxMessage): Promise<void> => {
    const { why, ...asked } = order.parse(message.body);
    const secret = await secretOf(asked.linkId);
    const state = await store.load(message);
    const link = linkFor(state, { ...asked, why }, sha256(secret), context().now);
    if (!state || !link) return store.settle(message, message.key);
    await store.putLink(link);
    const messageId = await send(state, link, secret, why);
    await perform(store, message, { linkHash: link.hash }, context, (now, at) =>
      mailAccepted(now, { link, row: message.key, why, messageId }, at),
    );
  };
