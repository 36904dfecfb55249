/** Time passes: not by waiting, but in the tables; and what it brings comes. */

import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { pushRef } from '../../adapters/bindings.ts';
import type { Pushed } from '../../core/binding.ts';
import { machineOf } from '../../core/delegation.ts';
import type { Task } from '../../core/model.ts';
import { aws, dynamo, effect, history, owed, rows, stack, sweep, tables, until } from '../deployed/world.ts';
import { type Case, familyOf, headOf, progressOf, seenOf } from './case.ts';
import { sweepEvent } from './points.ts';

/** Nothing runs and nothing was called for this long: what was to come by itself has come. */
const quietMs = 200;
/** Nothing will come by itself any more: longer than a stream, a queue or a retry takes on a busy machine. */
const stillMs = 3_000;
/** Further than this ahead lies only what a person is given time for. */
const horizonMs = 5 * 60_000;
/** What is this near comes by itself, and is waited for: a lease of the shortest kind, a pause, a second try. */
const soonMs = 8_000;
/** What is due this much later than the first is met by the same sweep. */
const sameSweepMs = 30_000;
/** Rounds of waiting and sweeping; a few mend a single fault, so this many mean that it is never mended. */
const maxRounds = 8;
export const patienceSeconds = 120;

const sqs = new SQSClient({ ...aws, useQueueUrlAsEndpoint: false });

/** Waits for it; where nothing goes on any more without it, time passes and the sweep runs (`help`). */
export async function reach<T>(
  one: Case,
  what: string,
  found: () => Promise<T | false | undefined>,
  help = passAndSweep,
): Promise<T> {
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
    await help(one);
  }
  throw new Error(`${help.name} ran ${maxRounds} times in vain: ${what} of ${one.intentId}`);
}

async function passAndSweep(one: Case): Promise<void> {
  await pass(one);
  await sweepFor(one);
}

/** The minute's event, once or twice. */
async function sweepFor(one: Case): Promise<void> {
  one.sweeps += 1;
  const { repeat } = one.broken;
  const first = sweep();
  if (repeat?.event !== sweepEvent || repeat.when === 'after') await first;
  if (repeat?.event === sweepEvent) await Promise.all([first, sweep()]);
}

/** Whether each run waits for somebody, or isn't there, and nothing comes by itself. */
async function standsStill(one: Case): Promise<boolean> {
  for (const intentId of await familyOf(one)) {
    const head = await headOf(one, intentId);
    const state = await stateOfRun(machineOf(head), intentId, head.generation);
    if (state !== undefined && !waits.has(state)) return false;
  }
  return !(await comesSoon(one));
}

/** States in which a run waits for somebody. */
const waits = new Set(['ESCALATE_TO_HUMAN', 'AWAIT_ANSWER', 'AWAIT_STEP']);

/** The state in which a run is; nothing where it has ended or not begun. */
async function stateOfRun(type: string, intentId: string, generation: number): Promise<string | undefined> {
  const events = await history(type, intentId, generation).catch(() => []);
  if (events.some((event) => /^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(event.type ?? ''))) return undefined;
  return events.findLast((event) => event.stateEnteredEventDetails)?.stateEnteredEventDetails?.name;
}

/** A rung that somebody waits for, a lease, a delay, the next try of what a receiver did not take. */
async function comesSoon(one: Case): Promise<boolean> {
  const [task] = one.path.reminded ? ((await rows(one.agent, one.intentId, 's#task')) as unknown as Task[]) : [];
  const times = [
    task?.ladder[task.rung]?.at,
    (await progressOf(one))?.now?.until,
    ...(await owedIn(one)).map(({ body }) => body?.notBefore),
    ...(await pushesOf(one)).map(({ nextAt }) => nextAt),
  ].map((at) => Date.parse(at ?? ''));
  return times.some((at) => at > Date.now() - stillMs && at < Date.now() + soonMs);
}

const boxesOf = ({ agent, worker }: Case) =>
  [agent, worker].map(({ tenant, address }) => ({ address, ...pushRef({ tenant, address }) }));

/** Everything that the intent, its parts and its agents' mailboxes owe. */
export async function owedIn(one: Case) {
  const ids = [...(await familyOf(one)), ...boxesOf(one).map(({ intentId }) => intentId)];
  return (await Promise.all(ids.map((id) => owed(one.agent, id)))).flat();
}

/** How far each mailbox is pushed, and who does it now. */
export async function pushesOf(one: Case): Promise<Pushes[]> {
  const found = await Promise.all(
    boxesOf(one).map(({ tenant, address }) =>
      dynamo.send(
        new GetCommand({
          TableName: stack.outputs.MailboxesTable,
          Key: { pk: `${tenant}#binding#${address}`, sk: 'pushed' },
          ConsistentRead: true,
        }),
      ),
    ),
  );
  return found.flatMap(({ Item }) => (Item ? [Item as Pushes] : []));
}
interface Pushes extends Pushed {
  pk: string;
  sk: string;
  takenUntil?: number;
}

/** Time passes until something is due: that, and what is due soon after, is overdue. */
async function pass(one: Case): Promise<void> {
  await passForEffects(one);
  await passForPushes(one);
  const all = await Promise.all((await familyOf(one)).map((id) => rows(one.agent, id, 's#head')));
  const due = [...all.flat(), ...(await owedIn(one))].filter(({ dueAt }) => dueAt < Date.now() + horizonMs);
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

/** Whoever had a mailbox to push and was killed has it no longer. */
async function passForPushes(one: Case): Promise<void> {
  for (const { pk, sk, takenUntil } of await pushesOf(one)) {
    if (takenUntil === undefined) continue;
    await dynamo
      .send(
        new UpdateCommand({
          TableName: stack.outputs.MailboxesTable,
          Key: { pk, sk },
          UpdateExpression: 'SET takenUntil = :past',
          ConditionExpression: 'takenUntil = :was',
          ExpressionAttributeValues: { ':past': 1, ':was': takenUntil },
        }),
      )
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

const queueUrls = Object.entries(stack.outputs).flatMap(([name, url]) => (name.endsWith('QueueUrl') ? [url] : []));

/** Messages whose invocation failed become visible again: they come late, when all is done, and must do no harm. */
export async function redeliver(one: Case): Promise<void> {
  const { failed, events } = await seenOf(one);
  let count = 0;
  for (const { queue, receipt } of failed) {
    const QueueUrl = queueUrls.find((url) => url.endsWith(`/${queue}`));
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
