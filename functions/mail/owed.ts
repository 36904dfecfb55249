/** The link that a row of the outbox owes somebody, as things are by now. */

import * as z from 'zod';
import type { Directory, Person } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link, Task } from '../../core/model.ts';
import type { Context, OwedRow, Store } from '../../core/ports.ts';
import { isRevoked } from '../../core/rules/decide.ts';
import { linkFor, mailReasons } from '../../core/rules/link.ts';
import { levelSources } from '../../core/service-level.ts';

const linkOrder = z.object({
  linkId: z.string(),
  taskId: z.string(),
  personId: z.string(),
  step: z.int().exactOptional(),
  why: z.enum(mailReasons),
  rung: z.int().exactOptional(),
  level: z.enum(levelSources).exactOptional(),
  digest: z.int().exactOptional(),
});
export type LinkOrder = z.infer<typeof linkOrder>;

export const orderOf = ({ body }: Pick<OwedRow, 'body'>): LinkOrder => linkOrder.parse(body);

export interface LinkPorts {
  store: Store;
  context: () => Context;
  /** A link's secret, made from its id: the same each time. */
  secretOf: (linkId: string) => Promise<string>;
}

export interface OwedLink {
  row: OwedRow;
  order: LinkOrder;
  state: IntentState & { task: Task };
  link: Link;
  secret: string;
  to: Person;
}

/** Nothing where the task needs no mail any more, and to whoever has left the directory. */
export const owedLink =
  ({ store, context, secretOf }: LinkPorts) =>
  async (row: OwedRow, order: LinkOrder, directory: Directory): Promise<OwedLink | undefined> => {
    const [secret, found] = await Promise.all([secretOf(order.linkId), store.load(row)]);
    // What a later revision changes is shown; of a first one the mail says nothing that only the payload has.
    const state = found?.earlier ? await store.load(row, { request: true }) : found;
    const to = directory.find(order.personId);
    const made = linkFor(state, order, sha256(secret), context().now);
    if (!state?.task || !made || !to || isRevoked(made, state.task, to)) return undefined;
    return { row, order, state: { ...state, task: state.task }, link: { ...made, mail: to.mail }, secret, to };
  };
