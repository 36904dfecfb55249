/**
 * What is owed to a mailbox whose agent has its entries pushed: one after the other, in their order. An entry that is not
 * taken holds up those behind it, until it is, or is given up.
 */

import type { OutboxMessage } from '../../adapters/messages.ts';
import {
  afterTry,
  type BindingRows,
  type DeadLetter,
  type OwedPushes,
  type Pushed,
  type Pushing,
  pushes,
} from '../../core/binding.ts';
import { perform } from '../../core/commit.ts';
import { attemptsOf } from '../../core/delegation.ts';
import { isReply } from '../../core/entries.ts';
import type { Box, Entry, MailboxRows } from '../../core/mailbox.ts';
import type { Context, Store } from '../../core/ports.ts';
import { deliverGraceMs } from '../../core/reply.ts';
import { isDue, isVoid, pushFailed } from '../../core/rules/deliver.ts';
import { stoppedPauseMs } from '../../core/stops.ts';
import type { Verdict } from '../../core/webhook.ts';

export interface Ports {
  store: Store;
  boxes: Pick<MailboxRows, 'after'>;
  rows: BindingRows;
  owed: OwedPushes;
  context: () => Context;
  /** Whether a stop covers the mailbox; `entry` is what would be pushed. */
  stopped: (box: Box, entry: Entry) => Promise<boolean>;
  /** From 0 to 1. */
  jitter: () => number;
  /** Hands an entry over by its binding. Never throws for what the receiver does. */
  carry: (binding: Pushing, box: Box, entry: Entry) => Promise<Verdict>;
  /** Has the mailbox's message come again after so many seconds. */
  again: (message: OutboxMessage, seconds: number) => Promise<void>;
  /** Puts a delivery that was given up where an operator finds it. */
  park: (message: OutboxMessage, dead: DeadLetter) => Promise<void>;
}

/** One message goes on for this long, then another does: a try takes 15 seconds, and the function has a minute. */
const workMs = 30_000;
/** Nobody else pushes this mailbox meanwhile. Longer than the function runs. */
const takenMs = 70_000;
/** Each burial looks at this many that were given up before, so that what is void goes faster than it comes. */
const clearedAtOnce = 10;
/** The longest that a message is held back, seconds (SQS). What is later, the sweep finds. */
const maxDelaySeconds = 900;

export function pumping(ports: Ports) {
  const { store, boxes, rows, owed, context, stopped, jitter, carry, again, park } = ports;
  const now = (): number => Date.parse(context().now);

  return async (message: OutboxMessage): Promise<void> => {
    const box: Box = { tenant: message.tenant, address: String(message.body.to) };
    if (typeof message.body.replay === 'number') {
      await rows.redo(box, message.body.replay, context().now);
      await owed.owe(box, message.traceId);
    }
    const owner = context().newId();
    const until = now() + workMs;
    try {
      while (now() < until) if ((await step(message, box, owner)) === 'over') return;
    } catch (error) {
      // The message comes again soon: it shall not wait for this one's time to be over.
      await rows.free(box, owner).catch(() => undefined);
      throw error;
    }
    await rows.free(box, owner);
    return again(mailboxOf(message), 0);
  };

  /** One entry, or the end of it. */
  async function step(message: OutboxMessage, box: Box, owner: string): Promise<'over' | 'on'> {
    const news = await owed.news(box);
    if (news === undefined) return 'over';
    const binding = await rows.binding(box);
    if (!pushes(binding)) return (await owed.settle(box, news)) ? 'over' : 'on';
    const pushed = await rows.take(box, owner, now(), now() + takenMs);
    if (!pushed) {
      // Whoever unbound it while another bound it has taken that with them.
      if (!(await rows.pushed(box))) {
        await rows.begin(box, binding.from ?? 0);
        return 'on';
      }
      // Whoever has it now may be dead.
      await owed.postpone(box, now() + takenMs);
      return 'over';
    }
    if (pushed.nextAt !== undefined && Date.parse(pushed.nextAt) > now()) {
      await rows.note(box, owner, pushed, true);
      await owed.postpone(box, Date.parse(pushed.nextAt));
      return 'over';
    }
    const redo = await rows.nextRedo(box);
    const [entry] = await boxes.after(box, redo ? redo.seq - 1 : pushed.seq, 1);
    if (!entry) {
      await rows.note(box, owner, pushed, true);
      return (await owed.settle(box, news)) ? 'over' : 'on';
    }
    return push(message, { box, owner, binding, pushed, entry, ...(redo ? { redo } : {}) });
  }

  interface Item {
    box: Box;
    owner: string;
    binding: Pushing;
    pushed: Pushed;
    entry: Entry;
    redo?: { seq: number; at: string };
  }

  async function push(message: OutboxMessage, item: Item): Promise<'over' | 'on'> {
    const { box, owner, binding, pushed, entry, redo } = item;
    const ref = { tenant: box.tenant, intentId: entry.intentId };
    const state = entry.why === 'thread' ? undefined : await store.load(ref, { request: true });
    if (!state || isVoid(state, entry)) return done(item, 'void');
    // Still owed: the sweep has it looked at again each minute, until the stop is lifted.
    if (await stopped(box, entry)) {
      await rows.free(box, owner);
      await owed.postpone(box, now() + stoppedPauseMs);
      return 'over';
    }
    const attempt = (pushed.item === entry.seq ? (pushed.attempt ?? 0) : 0) + 1;
    const verdict = await carry(binding, box, entry);
    const next = afterTry(verdict, {
      attempt,
      maxAttempts: attemptsOf(state.request),
      jitter: jitter(),
      now: context().now,
    });
    if (next.is === 'done') return done(item, 'taken');
    if (next.is === 'again') {
      await rows.note(box, owner, { ...pushed, item: entry.seq, attempt, nextAt: next.nextAt }, true);
      return wait(message, box, Date.parse(next.nextAt));
    }
    if (next.is === 'disabled') {
      const at = context().now;
      await rows.bind(box, { ...binding, disabledAt: at, updatedAt: at, version: binding.version + 1 });
      await rows.note(box, owner, pushed, true);
      return 'on';
    }
    const { seq, deliveryId, intentId } = entry;
    const dead = { seq, deliveryId, intentId, why: next.why, attempts: attempt, at: context().now };
    const failed = { ...dead, to: box.address, redo: redo?.at };
    const said = await perform(store, ref, {}, context, (now) => pushFailed(now, failed));
    // It ended during the last try: nobody misses it.
    if (!said && entry.why !== 'completed') return done(item, 'void');
    await rows.bury(box, dead);
    await park(mailboxOf(message), dead);
    await done(item, 'dead');
    await clear(box, Math.floor(jitter() * seq));
    return 'on';
  }

  /** Some of those that were given up, from anywhere on: what has ended since is dead no more. */
  async function clear(box: Box, after: number): Promise<void> {
    for (const dead of await rows.dead(box, after, clearedAtOnce)) {
      if (isReply(dead)) continue;
      const state = await store.load({ tenant: box.tenant, intentId: dead.intentId });
      if (!state || !isDue(state)) await rows.unbury(box, dead.seq);
    }
  }

  /** The next one's turn. */
  async function done({ box, owner, pushed, entry, redo }: Item, as: 'taken' | 'void' | 'dead'): Promise<'on'> {
    if (redo && as !== 'dead') await rows.unbury(box, entry.seq);
    if (redo) await rows.redone(box, entry.seq);
    const lastPushedAt = as === 'taken' ? context().now : pushed.lastPushedAt;
    const seq = redo ? pushed.seq : entry.seq;
    await rows.note(box, owner, { seq, ...(lastPushedAt === undefined ? {} : { lastPushedAt }) });
    return 'on';
  }

  async function wait(message: OutboxMessage, box: Box, at: number): Promise<'over'> {
    const seconds = Math.ceil((at - now()) / 1000);
    const soon = seconds <= maxDelaySeconds;
    await owed.postpone(box, soon ? at + deliverGraceMs : at);
    if (soon) await again(mailboxOf(message), seconds);
    return 'over';
  }
}

/** The message of a mailbox, without what else one of them may ask for. */
const mailboxOf = (message: OutboxMessage): OutboxMessage => ({ ...message, body: { to: String(message.body.to) } });
