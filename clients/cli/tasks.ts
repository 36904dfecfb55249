/** `holdpoint tasks`: what a person is asked, and deciding it; by their session, or by a key that may bring their decisions. */

import { type Command, Option } from 'commander';
import type { JsonObject } from '../../core/json.ts';
import type { HoldpointClient, Task, TaskDecision } from '../sdk/index.ts';
import { asPerson, byApi } from './api.ts';
import { confirmed } from './ask.ts';
import type { At } from './contexts.ts';
import { setIn } from './given.ts';
import {
  answer,
  bad,
  columns,
  exitCodes,
  facts,
  good,
  note,
  plain,
  Refused,
  soft,
  statusWord,
  strong,
} from './outcome.ts';
import { hashMatches } from './task-hash.ts';

type OfTask = At & { tenant?: string };
interface Given {
  comment?: string;
  reason: string;
  data?: JsonObject;
  evidenceText?: string;
  evidenceUrl?: string;
  evidenceMedia?: string;
  assignee?: string;
  yes?: true;
}

export function addTasks(program: Command): void {
  const tasks = program.command('tasks').description('what you are asked: listed, shown, decided');
  const one = (name: string) =>
    byApi(tasks.command(name))
      .argument('<task>', "its id, or its intent's")
      .option('--tenant <org/workspace>', 'its tenant, where you are not asked yourself');
  const deciding = (command: Command) =>
    command
      .option('--comment <text>', 'in your words; a rejection needs one')
      .requiredOption('--reason <code>', "one of the outcome's codes, as tasks show names them")
      .option('--yes', 'decide without being asked again: for scripts');

  byApi(tasks.command('list'))
    .description('list your open tasks')
    .addOption(new Option('--status <status>', 'open, or done').choices(['open', 'done']).default('open'))
    .option('--limit <n>', 'at most so many (1 to 100)', Number, 25)
    .option('--cursor <cursor>', 'go on after an earlier list')
    .action(list);
  one('show').description('show one: what would be done, its plan and hash').action(show);
  deciding(one('approve'))
    .description('approve or confirm it, after showing it')
    .action(decideAs(['approved', 'confirmed']));
  deciding(one('reject'))
    .description('reject or deny it, after showing it')
    .action(decideAs(['rejected', 'denied']));
  deciding(one('submit'))
    .description('decide it with any of its outcomes')
    .requiredOption('--outcome <name>', 'as tasks show names it')
    .option('--data <name=value>', 'what is filled in; name:=JSON for lists; may be given again', setIn)
    .option('--evidence-text <text>', 'what was done, in words')
    .option('--evidence-url <url>', 'where it can be seen')
    .option('--evidence-media <id>', 'id of an uploaded file')
    .option('--assignee <person>', 'whom an assignment goes to')
    .action(submit);
}

async function list(options: At & { status: 'open' | 'done'; limit: number; cursor?: string }) {
  const { client, session } = await asPerson(options);
  const { status, limit, cursor } = options;
  const page = await client.tasks.list({ status, limit, ...(cursor === undefined ? {} : { cursor }) });
  const rows = page.tasks.map((task) => [
    task.task_id,
    task.task_type,
    riskWord(task.risk),
    task.due_at?.slice(0, 16).replace('T', ' ') ?? '-',
    task.from_agent.replace('agent://', ''),
    plain(task.title),
  ]);
  const nobody = `Nothing ${status === 'open' ? 'is asked' : 'was asked'} of ${session?.person.name ?? "this key's person"}.`;
  answer(
    options.json,
    { tasks: page.tasks, next_cursor: page.next_cursor },
    rows.length === 0 ? nobody : columns(['TASK', 'TYPE', 'RISK', 'DUE (UTC)', 'FROM', 'TITLE'], rows),
  );
  if (page.next_cursor !== null && !options.json) note(`There are more: --cursor ${page.next_cursor}`);
}

const riskWord = (risk: string): string => (risk === 'high' ? bad(risk) : risk === 'low' ? good(risk) : risk);

const pageSize = 100;

/** A task by its id, or the open one of an intent. Throws Refused, ApiError. */
async function taskOf(client: HoldpointClient, given: string, { tenant }: OfTask): Promise<Task> {
  if (given.includes('.')) return client.tasks.get(given, { tenant });
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof client.tasks.list>> = await client.tasks.list({
      limit: pageSize,
      ...(cursor === null ? {} : { cursor }),
    });
    const found = page.tasks.find((task) => task.intent_id === given);
    if (found) return found;
    cursor = page.next_cursor;
  } while (cursor !== null);
  throw new Refused(`You are asked nothing of ${given}: holdpoint tasks list shows what.`, exitCodes.notFound);
}

const shownValue = (value: unknown): string => plain(typeof value === 'string' ? value : JSON.stringify(value));

/** All that a person decides on. Texts are the agent's own words. */
function described(task: Task): string {
  const actions = task.plan?.actions ?? [];
  const lines = [
    facts([
      ['task', strong(task.task_id)],
      ['asks', `${task.task_type}, ${statusWord(task.status)}, risk ${riskWord(task.risk)}`],
      ['title', plain(task.title)],
      ['text', task.description === '' ? undefined : plain(task.description)],
      ['from', task.from_agent + (task.on_behalf_of === undefined ? '' : `, for ${plain(task.on_behalf_of)}`)],
      ['objective', task.plan && plain(task.plan.objective)],
      ['due', task.due_at],
      ['asked', plain(task.assignees.map(({ name }) => name).join(', '))],
      ['why', task.reasons.length === 0 ? undefined : plain(task.reasons.map(({ says }) => says).join(' '))],
      [
        'agreed',
        `${task.progress.decided} of ${task.progress.needed}, step ${task.progress.step} of ${task.progress.steps}`,
      ],
    ]),
    section('Asked', Object.entries(task.payload)),
    ...actions.flatMap((action) => [
      section(`Would be done: ${plain(action.tool)}`, Object.entries((action.args ?? {}) as object)),
      changesOf(action.changes),
    ]),
    section('Evidence', Object.entries(task.evidence ?? {})),
    section(
      'Outcomes',
      task.outcomes.map(({ name, label, comment, reason_codes }) => [
        name,
        `${label}${comment === 'required' ? ', needs a comment' : ''}; reasons: ${reason_codes.map(({ code }) => code).join(', ')}`,
      ]),
    ),
    section('To fill in', Object.entries((task.form_schema?.properties ?? {}) as object)),
    section('Candidates', task.candidates?.map(({ id, name }) => [id, name]) ?? []),
    ...task.outcomes.map(({ name, reason_codes }) =>
      section(
        `Reasons for ${name}`,
        reason_codes.map(({ code, words }) => [code, words]),
      ),
    ),
    section(
      'Decided so far',
      task.decisions.map((one) => [one.decided_by, `${one.outcome}${one.comment === '' ? '' : `: ${one.comment}`}`]),
    ),
    `${soft('hash')}  ${task.plan_hash}`,
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}

const section = (title: string, rows: [string, unknown][]): string =>
  rows.length === 0
    ? ''
    : `${strong(title)}\n${indented(facts(rows.map(([name, value]) => [plain(name), shownValue(value)])))}`;

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

function changesOf(changes: unknown): string {
  if (!Array.isArray(changes) || changes.length === 0) return '';
  const rows = (changes as { what: string; before: string; after: string }[]).map((one) => [
    plain(one.what),
    plain(one.before),
    plain(one.after),
  ]);
  return indented(columns(['CHANGE', 'BEFORE', 'AFTER'], rows));
}

async function show(given: string, options: OfTask) {
  const { client } = await asPerson(options);
  const task = await taskOf(client, given, options);
  answer(options.json, { task, hash_matches: hashMatches(task) }, described(task));
}

/** The first of these outcomes that the task has. */
const decideAs = (outcomes: string[]) => async (given: string, options: OfTask & Given) => {
  const { client } = await asPerson(options);
  const task = await taskOf(client, given, options);
  const outcome = outcomes.find((one) => task.allowed_outcomes.includes(one));
  if (outcome === undefined)
    throw new Refused(
      `A ${task.task_type} takes ${task.allowed_outcomes.join(', ')}: holdpoint tasks submit ${task.task_id} --outcome …`,
      exitCodes.usage,
    );
  await decide(client, task, outcome, options);
};

async function submit(given: string, options: OfTask & Given & { outcome: string }) {
  const { client } = await asPerson(options);
  await decide(client, await taskOf(client, given, options), options.outcome, options);
}

/** Shows what is decided on, asks, and decides on the hash of what was shown. */
async function decide(client: HoldpointClient, task: Task, outcome: string, options: OfTask & Given): Promise<void> {
  checkShown(task, outcome);
  if (!options.yes) note(described(task));
  if (!(await confirmed(`Decide ${strong(outcome)} on ${task.plan_hash_short}?`, options.yes)))
    throw new Refused('Nothing was decided.');
  const decision = { outcome, plan_hash: task.plan_hash, ...beside(options) } as TaskDecision;
  const decided = await client.tasks.decide(task.task_id, decision, { tenant: options.tenant });
  const { decision: made, fresh, waits_for } = decided;
  if (!fresh) process.exitCode = exitCodes.failed;
  const said = fresh
    ? `Decided: ${strong(made.outcome)} of ${task.task_id}.`
    : `${task.task_id} was decided before: ${strong(made.outcome)} by ${plain(made.decided_by)}, ${made.at}.`;
  answer(
    options.json,
    decided,
    `${said} Its intent is ${statusWord(decided.status)}${waits_for ? `, waiting for ${plain(waits_for)}` : ''}.`,
  );
}

/** Throws Refused where what was shown can't be what the hash stands for. */
function checkShown(task: Task, outcome: string): void {
  if (task.status !== 'open') throw new Refused(`${task.task_id} is ${task.status}: nothing is asked any more.`);
  if (!task.allowed_outcomes.includes(outcome))
    throw new Refused(`${task.task_id} takes ${task.allowed_outcomes.join(', ')}, not ${outcome}.`, exitCodes.usage);
  const matches = hashMatches(task);
  if (matches === false && task.plan)
    throw new Refused('The plan is not what its hash stands for: nothing was decided.');
  if (matches === false) note('What is shown does not make the hash: its type keeps a part of it from people.');
}

function beside({ comment, reason, data, evidenceText, evidenceUrl, evidenceMedia, assignee }: Given): object {
  const evidence = { text: evidenceText, url: evidenceUrl, media_id: evidenceMedia };
  const given = Object.entries(evidence).filter(([, value]) => value !== undefined);
  const all = {
    comment,
    reason_code: reason,
    data,
    assignee,
    evidence: given.length === 0 ? undefined : Object.fromEntries(given),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
