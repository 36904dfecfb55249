/** Time passes: not by waiting, but in the tables; and what it brings comes. */

import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Task } from '../../core/model.ts';
import { aws, dynamo, effect, history, rows, stack, sweep, tables, until } from '../deployed/world.ts';
import { type Case, headOf, seenOf } from './case.ts';
import { sweepEvent } from './paths.ts';

/** Nothing runs and nothing was called for this long: what was to come by itself has come. */
const quietMs = 200;
/** Nothing will come by itself any more: longer than a stream, a queue or a retry takes on a busy machine. */
const stillMs = 3_000;
/** Further than this ahead lies only what a person is given time for. */
const horizonMs = 5 * 60_000;
/** What is due this much later than the first is met by the same sweep. */
const sameSweepMs = 30_000;
/** Rounds of waiting and sweeping; a few mend a single fault, so this many mean that it is never mended. */
const maxRounds = 8;
const patienceSeconds = 120;

const sqs = new SQSClient({ ...aws, useQueueUrlAsEndpoint: false });

/** Waits for it; where nothing goes on any more without it, time passes and the sweep runs. */
export async function reach<T>(one: Case, what: string, found: () => Promise<T | false | undefined>): Promise<T> {
  for (let round = 0; round < maxRounds; round += 1) {
    const value = await until(`${what} of ${one.intentId}, or that it stands still`, patienceSeconds, async () => {
      const { open, idleMs, events } = await seenOf(one);
      if (open > 0 || idleMs < quietMs) return undefined;
      const value = (await found()) || undefined;
      // What a run waits for after a call whose outcome is not known is only time.
      if (value === undefined && /: execute( #\d+)?$/.test(events.at(-1) ?? '')) await passForEffects(one);
      return value !== undefined || (idleMs > stillMs && (await standsStill(one))) ? { value } : undefined;
    });
    if (value.value !== undefined) return value.value;
    await pass(one);
    await sweepFor(one);
  }
  throw new Error(`the sweep ran ${maxRounds} times in vain: ${what} of ${one.intentId}`);
}

/** The minute's event, once or twice. */
async function sweepFor(one: Case): Promise<void> {
  one.sweeps += 1;
  const { repeat } = one.broken;
  const first = sweep();
  if (repeat?.event !== sweepEvent || repeat.when === 'after') await first;
  if (repeat?.event === sweepEvent) await Promise.all([first, sweep()]);
}

/** Whether the run waits for a person, or isn't there. */
async function standsStill(one: Case): Promise<boolean> {
  const { type, generation, waitingReason } = await headOf(one);
  const state = await stateOfRun(type, one.intentId, generation);
  if (state !== 'ESCALATE_TO_HUMAN') return state === undefined;
  return !(one.path.reminded && waitingReason === 'WAITING_FOR_HUMAN' && (await rungIsNear(one)));
}

/** The state in which a run is; nothing where it has ended or not begun. */
async function stateOfRun(type: string, intentId: string, generation: number): Promise<string | undefined> {
  const events = await history(type, intentId, generation).catch(() => []);
  if (events.some((event) => /^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(event.type ?? ''))) return undefined;
  return events.findLast((event) => event.stateEnteredEventDetails)?.stateEnteredEventDetails?.name;
}

async function rungIsNear({ agent, intentId }: Case): Promise<boolean> {
  const [task] = (await rows(agent, intentId, 's#task')) as unknown as Task[];
  const next = task?.ladder[task.rung];
  return next !== undefined && Date.parse(next.at) < Date.now() + horizonMs;
}

/** Time passes until something is due: that, and what is due soon after, is overdue. */
async function pass(one: Case): Promise<void> {
  await passForEffects(one);
  const due = (await rows(one.agent, one.intentId)).filter(({ dueAt }) => dueAt < Date.now() + horizonMs);
  const until = Math.min(...due.map(({ dueAt }) => dueAt)) + sameSweepMs;
  for (const { pk, sk, dueAt } of due.filter((row) => row.dueAt <= until)) {
    await dynamo
      .send(
        new UpdateCommand({
          TableName: tables.intents,
          Key: { pk, sk },
          UpdateExpression: 'SET dueAt = :past',
          ConditionExpression: 'dueAt = :was',
          ExpressionAttributeValues: { ':past': 1, ':was': dueAt },
        }),
      )
      // It was paid, or went on, at this moment.
      .catch(() => undefined);
  }
}

async function passForEffects({ agent, intentId }: Case): Promise<void> {
  const open = await effect(agent, intentId);
  if (!open || open.settledAt) return;
  const earlier = (iso: string) => new Date(Math.min(Date.parse(iso), Date.now()) - horizonMs).toISOString();
  await dynamo
    .send(
      new UpdateCommand({
        TableName: tables.effects,
        Key: { pk: `${agent.tenant}#${intentId}`, sk: open.effectId },
        UpdateExpression: 'SET leaseUntil = :lease, startedAt = :started',
        ConditionExpression: '#owner = :owner AND #state = :state',
        ExpressionAttributeNames: { '#owner': 'owner', '#state': 'state' },
        ExpressionAttributeValues: {
          ':lease': earlier(open.leaseUntil),
          ':started': earlier(open.startedAt),
          ':owner': open.owner,
          ':state': open.state,
        },
      }),
    )
    .catch(() => undefined);
}

/** Messages whose invocation failed become visible again: they come late, when all is done, and must do no harm. */
export async function redeliver(one: Case): Promise<void> {
  const { failed, events } = await seenOf(one);
  const urls = [stack.outputs.RunsQueueUrl, stack.outputs.MailQueueUrl] as string[];
  let count = 0;
  for (const { queue, receipt } of failed) {
    const QueueUrl = urls.find((url) => url.endsWith(`/${queue}`));
    await sqs
      .send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 }))
      .then(() => {
        count += 1;
      })
      // It has been delivered again in the meantime.
      .catch(() => undefined);
  }
  await until('the messages are delivered again', patienceSeconds, async () => {
    const now = await seenOf(one);
    return now.events.length >= events.length + count && now.open === 0;
  });
}
