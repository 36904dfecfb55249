/** A person's digest: one of the messages that their due rows bring pays all of them, in as few mails as hold them. */

import { perform } from '../../core/commit.ts';
import { digestFor } from '../../core/digest.ts';
import type { Directory, Person } from '../../core/directory.ts';
import type { Head, IntentState, Link } from '../../core/model.ts';
import type { Digests, OwedRow } from '../../core/ports.ts';
import { deadlineOf } from '../../core/rules/common.ts';
import { type MailOrder, mailAccepted } from '../../core/rules/link.ts';
import { AddressRefused } from './channels/notify.ts';
import type { Entry } from './message.ts';
import { type LinkOrder, type LinkPorts, type OwedLink, orderOf, owedLink } from './owed.ts';

/** More make a second mail: mail programs cut long ones. */
export const maxTasksPerMail = 50;
/** Paid by one message; rows beyond these stay owed, and bring another some minutes later. */
const maxRows = 4 * maxTasksPerMail;
/** Worked on at the same time. */
const groupSize = 25;

export interface DigestPorts {
  digests: Digests;
  /** Whether a stop stands that keeps an intent from being decided. */
  stopped: (head: Head) => Promise<boolean>;
  /** What a digest says of one task. */
  listing: (state: IntentState, secret: string, why: MailOrder['why'], to: Person) => Entry;
  /** Hands a digest over, by mail whatever the person's channels are; gives its id. Throws AddressRefused. */
  mailDigest: (to: Person, entries: readonly Entry[], digestId: string) => Promise<string>;
}

interface Other {
  /** Sends one link by itself. */
  alone: (owed: OwedLink, directory: Directory) => Promise<void>;
  /** The person can't be mailed. */
  refused: (row: OwedRow, link: Link, directory: Directory) => Promise<void>;
}

/** A task that is listed, and what else is owed about it. */
type Item = OwedLink & { besides: OwedRow[] };

/** One row that fails stays owed, brings this message again, and holds up none of the others. */
export function payDigest(ports: LinkPorts & DigestPorts, { alone, refused }: Other) {
  const { store, context, digests, stopped, listing, mailDigest } = ports;
  const linkOwed = owedLink(ports);
  const settleBesides = ({ besides }: Item) => inGroups(besides, (row) => store.settle(row, row.key));

  return async ({ personId }: LinkOrder, directory: Directory): Promise<void> => {
    const until = await digests.claim(personId, context().now);
    if (until === undefined) return;
    let mailed = 0;
    try {
      mailed = await payAll(personId, directory);
    } finally {
      // Kept after a mail, for the messages that its other rows bring.
      if (mailed === 0) await digests.release(personId, until, context().now);
    }
  };

  /** Gives how many tasks were listed. */
  async function payAll(personId: string, directory: Directory): Promise<number> {
    const rows = await digests.due(personId, context().now, maxRows);
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void failures.push(error));
    const open: OwedLink[] = [];
    await inGroups(rows, (one) => attempt(look(one, directory, open)));
    const items = itemsOf(open);
    for (let i = 0; i < items.length; i += maxTasksPerMail)
      await attempt(send(items.slice(i, i + maxTasksPerMail), directory, attempt));
    if (failures.length > 0) throw failures[0];
    return items.length;
  }

  /** What is not to be listed is settled, waits for the next digest, or goes by itself where it can't. */
  async function look(row: OwedRow, directory: Directory, open: OwedLink[]): Promise<void> {
    const owed = await linkOwed(row, orderOf(row), directory);
    if (!owed) return store.settle(row, row.key);
    if (!(await stopped(owed.state.head))) return void open.push(owed);
    const at = digestFor(owed.state.task, owed.order.why, owed.to, directory.calendar, context().now);
    return at === undefined ? alone(owed, directory) : digests.collect(row, owed.to.id, at);
  }

  /** Links and the list are stored first; only the mail's acceptance makes each link its person's current one. */
  async function send(items: Item[], directory: Directory, attempt: (work: Promise<void>) => Promise<void>) {
    const to = items[0]?.to;
    if (!to) return;
    const digestId = context().newId();
    await inGroups(items, ({ link }) => store.putLink(link));
    const tasks = items.map(({ link: { tenant, intentId, taskId } }) => ({ tenant, intentId, taskId }));
    const until = items.map(({ link }) => link.expiresAt).reduce((a, b) => (a > b ? a : b));
    await digests.keep(digestId, tasks, until);
    const entries = items.map(({ state, secret, order }) => listing(state, secret, order.why, to));
    let messageId: string;
    try {
      messageId = await mailDigest(to, entries, digestId);
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      return inGroups(items, (item) =>
        attempt(refused(item.row, item.link, directory).then(() => settleBesides(item))),
      );
    }
    return inGroups(items, (item) => attempt(accepted(item, { messageId, digestId })));
  }

  async function accepted(item: Item, sent: { messageId: string; digestId: string }): Promise<void> {
    const { row, order, link } = item;
    await perform(store, row, { linkHash: link.hash }, context, (now, at) =>
      mailAccepted(now, { ...order, link, row: row.key, ...sent }, at),
    );
    return settleBesides(item);
  }
}

/** The first asking of each task, with its reminders beside it; what is due first stands first. */
function itemsOf(open: readonly OwedLink[]): Item[] {
  const tasks = Map.groupBy(
    open.toSorted((a, b) => (a.row.key < b.row.key ? -1 : 1)),
    ({ link }) => `${link.tenant}#${link.taskId}`,
  );
  const items = [...tasks.values()].flatMap(([first, ...later]): Item[] =>
    first ? [{ ...first, besides: later.map(({ row }) => row) }] : [],
  );
  const deadline = ({ state }: Item) => deadlineOf(state.task);
  return items.sort((a, b) => (deadline(a) < deadline(b) ? -1 : 1));
}

async function inGroups<A>(items: readonly A[], work: (item: A) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += groupSize) await Promise.all(items.slice(i, i + groupSize).map(work));
}
