/** `holdpoint intents`: submitted, listed, read, watched, withdrawn, submitted again. */

import { type Command, InvalidArgumentError } from 'commander';
import { isTerminal, statuses } from '../../core/lifecycle.ts';
import { intentId } from '../../wire/intents.ts';
import type { Created, Intent, IntentsQuery, NewIntent, Status } from '../sdk/index.ts';
import { sameAgain } from './again.ts';
import { asAgent, byApi } from './api.ts';
import type { At } from './contexts.ts';
import { jsonHint, objectFrom } from './given.ts';
import { answer, columns, exitCodes, facts, note, plain, Refused, soft, statusWord, strong } from './outcome.ts';
import { timelineWriter } from './timeline.ts';
import { eventsOf, watchIntent } from './watch.ts';

export function addIntents(program: Command): void {
  const intents = program.command('intents').description('what agents ask for: submitted, listed, watched, withdrawn');
  const one = (name: string, says: string) =>
    byApi(intents.command(name)).description(says).argument('<intent-id>', 'its id', idOf);

  byApi(intents.command('submit'))
    .description('ask for something')
    .argument('[type]', 'intent type, such as intent.refund.v1; without it --intent says all')
    .option('--payload <json>', `what is asked: ${jsonHint}`)
    .option('--intent <json>', `the whole intent as POST /v1/intents takes it: ${jsonHint}`)
    .option('--human-task <json>', `whom is asked what: ${jsonHint}`)
    .option('--to <agent>', 'address or bare name of the agent that it is delivered to')
    .option('--reply-to <agent>', 'whose mailbox gets the outcome')
    .option('--on-behalf-of <person>', 'the person it is asked for, who never decides it')
    .option('--correlation-id <uuid>', 'of all that belongs together')
    .option('--parent <intent-id>', 'the open intent that it is a part of', idOf)
    .option('--deadline <time>', 'ISO 8601 with zone')
    .option('--idempotency-key <key>', 'a key of yours: the same one is the same intent')
    .option('--watch', 'then watch it until it ends')
    .action(submit);
  one('get', 'show one as it is now').action(get);
  byApi(intents.command('list'))
    .description("list the tenant's, the newest first")
    .option('--status <status...>', 'only these', statusOf)
    .option('--from <agent>', 'only what this agent asked')
    .option('--to <agent>', 'only what was given to this agent')
    .option('--correlation-id <uuid>', 'only with this correlation')
    .option('--limit <n>', 'at most so many', countOf, 25)
    .option('--cursor <cursor>', 'go on after an earlier list')
    .action(list);
  one('watch', 'follow it live until it ends; exit code 7 where it ends other than completed')
    .option('--since <n>', 'only events after this number', countOf, 0)
    .action(watch);
  one('log', 'all that happened to it so far').action(log);
  one('cancel', 'withdraw it').requiredOption('--reason <text>', 'why').action(cancel);
  one('retry', 'submit the same again, as a new intent')
    .option('--payload <json>', `another payload: ${jsonHint}`)
    .option('--watch', 'then watch it until it ends')
    .action(retry);
}

function idOf(given: string): string {
  if (intentId.safeParse(given).success) return given;
  throw new InvalidArgumentError('The id of an intent is a UUID.');
}

function statusOf(given: string, earlier: Status[] = []): Status[] {
  const found = given.split(',').map((word) => word.trim().toUpperCase());
  const unknown = found.find((word) => !statuses.some((status) => status === word));
  if (unknown !== undefined) throw new InvalidArgumentError(`A status is one of ${statuses.join(', ')}.`);
  return [...earlier, ...(found as Status[])];
}

function countOf(given: string): number {
  const count = Number(given);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('A whole number is meant.');
}

interface Submit extends At {
  payload?: string;
  intent?: string;
  humanTask?: string;
  to?: string;
  replyTo?: string;
  onBehalfOf?: string;
  correlationId?: string;
  parent?: string;
  deadline?: string;
  idempotencyKey?: string;
  watch?: true;
}

/** Options that are fields of an intent under another name. */
const fieldsOf = (given: Submit) => ({
  to_agent: given.to,
  reply_to: given.replyTo,
  on_behalf_of: given.onBehalfOf,
  correlation_id: given.correlationId,
  parent_intent_id: given.parent,
  deadline_at: given.deadline,
});

async function submit(type: string | undefined, options: Submit, command: Command) {
  if (type === undefined && options.intent === undefined) command.error('Say which type, or give all with --intent.');
  if ([options.payload, options.intent, options.humanTask].filter((one) => one === '-').length > 1)
    command.error('Only one of them can come from stdin.');
  const whole = options.intent === undefined ? {} : await objectFrom(options.intent, '--intent');
  const payload = options.payload === undefined ? undefined : await objectFrom(options.payload, '--payload');
  const task = options.humanTask === undefined ? undefined : await objectFrom(options.humanTask, '--human-task');
  const given = { intent_type: type, payload, human_task: task, ...fieldsOf(options) };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  // The deployment checks it, and names each field that it does not take.
  await submitted({ ...whole, ...Object.fromEntries(said) } as NewIntent, options);
}

/** Submits, says so, and watches where that is wanted. */
export async function submitted(
  intent: NewIntent,
  options: At & { idempotencyKey?: string; watch?: true },
  again?: string,
): Promise<void> {
  const { client, context } = await asAgent(options);
  const { idempotencyKey } = options;
  const created: Created = await client.submit(intent, idempotencyKey === undefined ? {} : { idempotencyKey });
  const { intent_id: id, status } = created;
  if (options.watch) {
    if (!options.json) note(`${id} at ${context.url}`);
    return watchIntent(client, id, 0, options);
  }
  answer(
    options.json,
    { ...created, ...(again === undefined ? {} : { retry_of: again }) },
    `${strong(id)} is ${statusWord(status)}.\n${soft(`holdpoint intents watch ${id} follows it.`)}`,
  );
}

const shownValue = (value: unknown): string => plain(typeof value === 'string' ? value : JSON.stringify(value));

function described(intent: Intent): string {
  const { pending_with, result, error, human_task, plan_hash, reasons, due_at } = intent as Record<string, unknown>;
  const of = (value: unknown) => (value === undefined || value === null ? undefined : shownValue(value));
  const pending = pending_with as { name?: string; type?: string } | undefined;
  const task = human_task as { task_id?: string; status?: string } | undefined;
  return facts([
    ['intent', strong(intent.intent_id)],
    ['type', intent.intent_type],
    [
      'status',
      statusWord(intent.status) + (intent.lifecycle_waiting_reason ? ` (${intent.lifecycle_waiting_reason})` : ''),
    ],
    ['pending with', pending && plain(`${pending.name} (${pending.type})`)],
    ['task', task?.status === 'open' ? task.task_id : undefined],
    ['due', of(due_at)],
    ['from', intent.from_agent],
    ['to', intent.to_agent],
    ['payload', shownValue(intent.payload)],
    ['plan', of(plan_hash)],
    ['reasons', Array.isArray(reasons) ? plain(reasons.join(', ')) : undefined],
    ['result', of(result)],
    ['error', of(error)],
    ['correlation', intent.correlation_id],
    ['created', intent.created_at],
    ['updated', intent.updated_at],
  ]);
}

async function get(id: string, options: At) {
  const { client } = await asAgent(options);
  const intent = await client.get(id);
  answer(options.json, intent, described(intent));
}

/** As many as one page of the API has. */
const pageSize = 100;

async function list(
  options: At & {
    status?: Status[];
    from?: string;
    to?: string;
    correlationId?: string;
    limit: number;
    cursor?: string;
  },
) {
  const { client } = await asAgent(options);
  const { status, from, to, correlationId, limit } = options;
  const query = { status, from_agent: from, to_agent: to, correlation_id: correlationId };
  const intents: Intent[] = [];
  let cursor: string | null = options.cursor ?? null;
  do {
    const page: IntentsQuery = { ...query, limit: Math.min(pageSize, limit - intents.length) };
    const got = await client.list({ ...page, ...(cursor === null ? {} : { cursor }) });
    intents.push(...got.intents);
    cursor = got.next_cursor;
  } while (cursor !== null && intents.length < limit);
  const rows = intents.map((one) => [
    one.intent_id,
    one.intent_type,
    statusWord(one.status),
    one.from_agent.replace('agent://', ''),
    one.created_at.slice(0, 19).replace('T', ' '),
  ]);
  answer(
    options.json,
    { intents, next_cursor: cursor },
    rows.length === 0 ? 'There are none.' : columns(['INTENT', 'TYPE', 'STATUS', 'FROM', 'CREATED (UTC)'], rows),
  );
  if (cursor !== null && !options.json) note(`There are more: --cursor ${cursor}`);
}

async function watch(id: string, options: At & { since: number }) {
  const { client } = await asAgent(options);
  await watchIntent(client, id, options.since, options);
}

async function log(id: string, options: At) {
  const { client } = await asAgent(options);
  const events = await eventsOf(client, id);
  const lines: string[] = [];
  const write = timelineWriter((line) => lines.push(line));
  for (const event of events) write(event);
  answer(options.json, { events }, lines.join('\n'));
}

async function cancel(id: string, options: At & { reason: string }) {
  const { client } = await asAgent(options);
  const { intent } = await client.cancel(id, options.reason);
  answer(
    options.json,
    intent,
    isTerminal(intent.status)
      ? `${id} is ${statusWord(intent.status)}.`
      : `${id} is ${statusWord(intent.status)}: a tool call is open, and it ends when that has settled.`,
  );
}

async function retry(id: string, options: At & { payload?: string; watch?: true }) {
  const { client } = await asAgent(options);
  const intent = await client.get(id);
  if (!isTerminal(intent.status))
    throw new Refused(`${id} is ${intent.status}: withdraw it first, with holdpoint intents cancel.`, exitCodes.failed);
  const payload = options.payload === undefined ? undefined : await objectFrom(options.payload, '--payload');
  await submitted(sameAgain(intent, payload), options, id);
}
