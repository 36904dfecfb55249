/**
 * Why each function has each right, and the probe that fails without it. A right that stands neither here nor in
 * `only-on-aws.ts` fails the run, and so does a line here that no role has.
 */

import type { ProbeName } from './probes.ts';

/** Action, resource as in `names.ts`, probe, what for. */
export type Need = readonly [action: string, resource: string, probe: ProbeName, why: string];

const [get, put, update, remove, query, check] = [
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:Query',
  'dynamodb:ConditionCheckItem',
];

export const needs: Readonly<Record<string, readonly Need[]>> = {
  api: [
    [get, 'Control', 'an agent reads its intent', "knows the caller by the key's row"],
    [query, 'Intents', 'an agent reads its intent', 'reads state and events'],
    [put, 'Intents', 'an agent submits', 'stores the intent, its events and what is owed'],
    [put, 'Audit', 'an agent submits', 'adds the record'],
    [check, 'Control', 'an agent submits', 'no stop stands'],
    [get, 'Intents', 'an agent repeats a submit after its deadline', 'finds what the Idempotency-Key was answered'],
  ],
  approvals: [
    [get, 'Intents', 'an approver opens a link', 'finds the link by its hash'],
    [query, 'Intents', 'an approver opens a link', 'reads what is asked'],
    [put, 'Intents', 'an approver decides', 'stores the decision'],
    [put, 'Audit', 'an approver decides', 'adds the record'],
    [check, 'Control', 'an approver decides', 'no stop stands'],
    [query, 'People', 'an approver opens a link', 'shows it only to who may decide now'],
    [get, 'People', 'an approver asks for a code', 'counts codes, compares them, knows sessions'],
    [put, 'People', 'an approver asks for a code', 'stores the code'],
    ['sqs:SendMessage', 'mail queue', 'an approver asks for a code', 'has it mailed'],
  ],
  scim: [
    [get, 'Control', 'an identity provider pushes people', "knows the provider by its token's row"],
    [query, 'People', 'an identity provider pushes people', 'reads whom the directory has'],
    [update, 'People', 'an identity provider pushes people', 'stores a person'],
    [put, 'People', 'an identity provider pushes people', 'keeps the user name taken, stores a group'],
    [remove, 'People', 'an identity provider pushes people', 'removes people and groups'],
  ],
  view: [[query, 'Intents', 'a requester opens a link', 'reads what it shows']],
  inbox: [
    [query, 'Intents index asked', 'a person finds a task in their inbox', 'lists what they are asked'],
    [query, 'Intents', 'a person decides in their inbox', 'reads what is asked'],
    [put, 'Intents', 'a person decides in their inbox', 'stores the decision'],
    [put, 'Audit', 'a person decides in their inbox', 'adds the record'],
    [check, 'Control', 'a person decides in their inbox', 'no stop stands'],
    [query, 'People', 'a person finds a task in their inbox', 'reads who is known'],
    [get, 'People', 'a person finds a task in their inbox', 'knows them by their session'],
    [update, 'People', 'a person says when they are away', 'notes it with the person'],
    [put, 'People', 'a person signs in', 'stores the code and the session'],
    ['sqs:SendMessage', 'mail queue', 'a person signs in', 'has the code mailed'],
    [remove, 'People', 'a person signs out', 'ends the session'],
  ],
  media: [
    [get, 'Control', 'an agent uploads a file', "knows the caller by the key's row"],
    [get, 'Intents', 'an approver attaches a file', 'finds the link, and what is known of files'],
    [query, 'Intents', 'an approver attaches a file', 'reads the task that a file is for'],
    [put, 'Intents', 'an agent uploads a file', 'keeps what is known of the file'],
    ['s3:GetObject', 'media bucket /uploads/*', 'an agent uploads a file', 'reads and checks what was uploaded'],
    ['s3:PutObject', 'media bucket /uploads/*', 'an agent uploads a file', 'signs the address that takes the upload'],
    ['s3:GetObject', 'media bucket /media/*', 'an agent uploads a file', 'signs the address that gives the file'],
    ['s3:PutObject', 'media bucket /media/*', 'an agent uploads a file', 'puts the file away by its hash'],
  ],
  steps: [
    [query, 'Intents', 'a run asks a person', 'reads state and request'],
    [put, 'Intents', 'a run asks a person', 'stores the task and the token'],
    [query, 'People', 'a run asks a person', 'reads whom to ask'],
    [put, 'Audit', 'a run asks a person', 'adds the record'],
    [get, 'Effects', 'a refund is paid', 'reads what the tool did, to complete'],
    ['lambda:InvokeFunction', 'read_charge:live', 'a refund is paid', 'reads the evidence'],
  ],
  runs: [
    ['states:StartExecution', 'intent.approval.v1', 'a run asks a person', 'starts runs'],
    ['states:StartExecution', 'intent.refund.v1', 'a refund is paid', 'starts runs'],
    ['states:SendTaskSuccess', '*', 'a decision wakes the run', 'redeems the token'],
    ['states:SendTaskFailure', '*', 'a rejection ends the run', 'redeems the token'],
    [query, 'Intents', 'a decision wakes the run', 'reads where the run waits'],
    [remove, 'Intents', 'a started run is no longer owed', 'removes what is paid'],
    [put, 'Intents', 'a lost run is replaced at a decision', 'stores the next generation'],
    [put, 'Audit', 'a lost run is replaced at a decision', 'adds the record'],
  ],
  mail: [
    [query, 'Intents', 'an approver is mailed', 'reads what the mail says'],
    [get, 'Intents', 'an approver is mailed', 'reads the link that it activates'],
    [put, 'Intents', 'an approver is mailed', 'stores the link by its hash'],
    [remove, 'Intents', 'an approver is mailed', 'removes what is paid, in the same transaction'],
    [put, 'Audit', 'an approver is mailed', 'adds the record'],
    [query, 'People', 'an approver is mailed', 'reads where to reach them'],
    [update, 'Intents', 'an approver is reminded', 'marks the link that the new one replaces'],
    [get, 'People', 'an approver asks for a code', 'finds the code that is to be mailed'],
    [put, 'People', 'an approver asks for a code', "stores the hash of the code's digits"],
    ['kms:GenerateMac', 'link key', 'an approver is mailed', "makes the link's secret"],
    ['ses:SendEmail', 'identity approvals@holdpoint.example', 'an approver is mailed', 'sends from this address'],
    ['ses:SendEmail', 'configuration set', 'an approver is mailed', 'sends under the rules of the set'],
    ['secretsmanager:GetSecretValue', 'chat secret', 'an approver is told by chat', 'reads how chats are reached'],
  ],
  dispatch: [
    ['sqs:SendMessage', 'runs queue', 'a run asks a person', 'passes on starts and wakes'],
    ['sqs:SendMessage', 'mail queue', 'an approver is mailed', 'passes on mails'],
    ['sqs:SendMessage', 'parked queue', 'a broken row is parked', 'parks what it cannot read'],
  ],
  sweep: [
    [query, 'Intents index due', 'the sweep enqueues a lost start', 'finds what is overdue'],
    [update, 'Intents', 'the sweep enqueues a lost start', 'takes an owed row for a while'],
    ['sqs:SendMessage', 'runs queue', 'the sweep enqueues a lost start', 'enqueues starts and wakes'],
    ['sqs:SendMessage', 'mail queue', 'the sweep enqueues a lost mail', 'enqueues mails'],
    [query, 'Intents', 'the sweep replaces a silent run', 'reads the state'],
    [put, 'Intents', 'the sweep replaces a silent run', 'stores the next generation'],
    [put, 'Audit', 'the sweep replaces a silent run', 'adds the record'],
  ],
  checkpoint: [
    [query, 'Intents index hours', 'a checkpoint is written', 'finds the heads that have changed'],
    ['dynamodb:BatchGetItem', 'Intents', 'a checkpoint sees an intent', 'reads where their chains end'],
    ['s3:GetObject', 'checkpoints', 'a checkpoint is written', 'reads the one before it'],
    ['s3:PutObject', 'checkpoints', 'a checkpoint is written', 'writes it, once'],
    ['kms:Sign', 'checkpoint key', 'a checkpoint is written', 'signs it'],
  ],
  issue_refund: [
    [query, 'Intents', 'a refund is paid', 'reads state and plan'],
    [put, 'Intents', 'a refund is paid', 'stores the head and the events'],
    [remove, 'Intents', 'a decision wakes the run', 'removes the wake that brought it here'],
    [put, 'Audit', 'a refund is paid', 'adds the records'],
    [get, 'Effects', 'a refund is paid', 'reads whether it has acted before'],
    [put, 'Effects', 'a refund is paid', 'stores that it acts, and what came of it'],
    [check, 'Control', 'a refund is paid', 'no stop stands'],
    ['secretsmanager:GetSecretValue', 'provider key', 'a refund is paid from a cold start', 'calls the provider'],
  ],
  guard: [
    [query, 'Intents index due', 'a type is removed that no open intent has', 'counts open intents'],
    ['cloudformation:DescribeStacks', 'the stack', 'a type is removed that no open intent has', 'lets a rollback pass'],
  ],
  read_charge: [
    ['secretsmanager:GetSecretValue', 'provider key', 'a refund is paid from a cold start', 'calls the provider'],
  ],
};
