/**
 * Mailboxes as an inbox reads them. What is owed to one is put in by `deliver`, a moment later; here the same entries are put
 * in at once, so that whoever has just been answered finds it in the inbox. Each is in once, whoever comes first.
 */

import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log } from '../../adapters/lambda/log.ts';
import { youngestTo } from '../../adapters/listed.ts';
import { mailboxes, takeTurns } from '../../adapters/mailboxes.ts';
import { threadEntry, workEntry } from '../../core/entries.ts';
import { type Box, type NewEntry, putInto } from '../../core/mailbox.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import { isDue } from '../../core/rules/deliver.ts';
import type { Told } from '../../core/rules/thread.ts';
import { firstDeliveryId } from '../../core/thread.ts';
import { env as schema } from './env.ts';
import { client, store, tables } from './ports.ts';

export const boxes = mailboxes(client, readEnv(schema).MAILBOXES_TABLE);

/** Intents that may be on their way still; older ones have arrived, or are late for a reason. */
const youngSeconds = 60;
/** More of them at once come as `deliver` puts them in. */
const most = 20;

export async function put(tenant: string, entry: NewEntry): Promise<void> {
  try {
    await putInto(boxes, { tenant, address: entry.to }, entry, takeTurns);
  } catch (error) {
    // It is owed, and stays so until `deliver` has put it in.
    log.warn('left to deliver', { errorName: (error as Error).name });
  }
}

/** What was told by a commit that has just happened. */
export async function tellNow(ref: IntentRef, told: Told['told']): Promise<void> {
  if (told.length === 0) return;
  const state = await store.load(ref, { request: true });
  if (!state) return;
  for (const { deliveryId, to, why } of told) {
    const given = { deliveryId, to };
    const { now } = context();
    const attempt = state.delivery?.attempt ?? 1;
    await put(
      ref.tenant,
      why === 'thread' ? threadEntry(state, given, now) : workEntry(state, { ...given, why, attempt }, now),
    );
  }
}

/** What was sent to this agent a moment ago, in the order in which it was asked for. */
export async function catchUp({ tenant, address }: Box): Promise<void> {
  const since = Date.parse(context().now) - youngSeconds * 1000;
  const ids = await youngestTo({ client, table: tables.intents }, tenant, address, most);
  for (const intentId of ids.filter((id) => madeAt(id) >= since).toReversed()) {
    const state = await store.load({ tenant, intentId }, { request: true });
    const entry = state && firstEntry(state, address);
    if (entry && (await boxes.numberOf({ tenant, address }, entry.deliveryId)) === undefined) await put(tenant, entry);
  }
}

function firstEntry(state: IntentState, to: string): NewEntry | undefined {
  const given = { deliveryId: firstDeliveryId(state.head.intentId, state.delivery !== undefined), to };
  const { now } = context();
  if (!state.delivery) return state.thread?.with.includes(to) ? threadEntry(state, given, now) : undefined;
  return isDue(state)
    ? workEntry(state, { ...given, why: 'assigned', attempt: 1 }, now)
    : threadEntry(state, given, now);
}

/** When an id was made, epoch ms: it begins with that (UUID v7). */
const madeAt = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
