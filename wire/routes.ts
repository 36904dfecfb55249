/**
 * The HTTP API as one table: every route that is served below `/v1`, with what it takes, gives and refuses. The OpenAPI
 * document and the tests over every endpoint are made from it; a test compares it with what the functions serve.
 */

import * as z from 'zod';
import {
  createdAccount,
  createdKey,
  gotAccount,
  gotAgent,
  gotCapabilities,
  listedAccounts,
  listedAgents,
  revokedKey,
} from './account-answers.ts';
import { accountsQuery, createAccount, createAccountKey } from './accounts.ts';
import {
  claimed,
  created,
  gotIntent,
  listedEvents,
  listedIntents,
  listedMailbox,
  resolved,
  resumed,
} from './answers.ts';
import { listedDecisions } from './decision-answers.ts';
import { decisionsQuery } from './decisions.ts';
import {
  agentAnswer,
  claimIntent,
  createIntent,
  eventsQuery,
  intentsQuery,
  resolveIntent,
  resumeIntent,
} from './intents.ts';
import { createUpload, finalizeUpload, mediaQuery } from './media.ts';
import { createdUpload, finalizedUpload, gotUpload } from './media-answers.ts';
import { appliedScenario, validatedScenario } from './scenario-answers.ts';
import { bundle } from './scenarios.ts';
import { beginSignIn, finishSignIn } from './sign-in.ts';
import { begunSignIn, signedIn, signedOut } from './sign-in-answers.ts';
import { agentStreamQuery, eventStreamQuery, mailboxQuery } from './streams.ts';
import {
  approved,
  commented,
  decidedTask,
  gotPerson,
  gotTask,
  gotThread,
  handedOver,
  listedMine,
  listedPeople,
  listedTasks,
  recalled,
} from './task-answers.ts';
import {
  commentTask,
  decideApproval,
  decideTask,
  decideThread,
  handOver,
  peopleQuery,
  resumeAsPerson,
  taskQuery,
  tasksQuery,
  withNote,
} from './tasks.ts';

/**
 * Who may call: anybody; an agent's key; a session alone; a person, by their session or by a key that may bring their
 * decisions; a person as well as an agent; a person together with the key that says in which tenant.
 */
export type Auth = 'none' | 'key' | 'session' | 'person' | 'key or person' | 'key and person';

export interface RouteSpec {
  /** Unique; names the operation in clients that are generated. */
  operation: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  summary: string;
  auth: Auth;
  /** What a part of the path is, in words. */
  parameters?: Record<string, string>;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Takes an Idempotency-Key. */
  repeatable?: true;
  /** Takes the fencing token of a claim. */
  fenced?: true;
  answer: z.ZodType;
  /** Answers with server-sent events: text, in frames. */
  streams?: true;
  /** Statuses of refusals besides those that `refusalsOf` derives. */
  refuses?: readonly (403 | 404 | 409)[];
  /** Name of AXP's schema of the answer, where AXP has this route. */
  axp?: string;
}

const health = z.strictObject({ ok: z.literal(true) });
/** Described where it comes from: openapis.org. */
const document = z.looseObject({ openapi: z.literal('3.1.0') });

/** What a stream sends until it ends. */
const frames = z.string();

const address = { address: 'the address; its slashes may be escaped or not' };
const intent = { id: "the intent's id" };
const task = { id: "the task's id" };
const account = { id: "the service account's id" };

export const routes: readonly RouteSpec[] = [
  { operation: 'health', method: 'GET', path: '/health', summary: 'Whether it answers', auth: 'none', answer: health },
  {
    operation: 'openApi',
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This document',
    auth: 'none',
    answer: document,
  },
  {
    operation: 'createIntent',
    method: 'POST',
    path: '/v1/intents',
    summary: 'Takes an intent in',
    auth: 'key',
    body: createIntent,
    repeatable: true,
    answer: created,
    refuses: [403, 409],
    axp: 'api.intents.create.response.v1',
  },
  {
    operation: 'listIntents',
    method: 'GET',
    path: '/v1/intents',
    summary: "The tenant's intents, the newest first",
    auth: 'key',
    query: intentsQuery,
    answer: listedIntents,
  },
  {
    operation: 'getIntent',
    method: 'GET',
    path: '/v1/intents/{id}',
    summary: 'The intent as it is now',
    auth: 'key',
    parameters: intent,
    answer: gotIntent,
    refuses: [404],
    axp: 'api.intents.get.response.v1',
  },
  {
    operation: 'listEvents',
    method: 'GET',
    path: '/v1/intents/{id}/events',
    summary: 'Its events after number `since`',
    auth: 'key',
    parameters: intent,
    query: eventsQuery,
    answer: listedEvents,
    refuses: [404],
    axp: 'api.intents.events.list.response.v1',
  },
  {
    operation: 'resumeIntent',
    method: 'POST',
    path: '/v1/intents/{id}/resume',
    summary: 'The agent answers what it was given, or what people asked to be changed; or a person decides',
    auth: 'key or person',
    parameters: intent,
    body: z.union([resumeIntent, resumeAsPerson, agentAnswer]),
    repeatable: true,
    fenced: true,
    answer: z.union([resumed, resolved, gotIntent]),
    refuses: [403, 404, 409],
  },
  {
    operation: 'resolveIntent',
    method: 'POST',
    path: '/v1/intents/{id}/resolve',
    summary: 'The agent that it was delivered to ends it, or the one that asked withdraws it',
    auth: 'key',
    parameters: intent,
    body: resolveIntent,
    repeatable: true,
    fenced: true,
    answer: resolved,
    refuses: [403, 404, 409],
    axp: 'api.intents.resolve.response.v1',
  },
  {
    operation: 'claimIntent',
    method: 'POST',
    path: '/v1/intents/{id}/claim',
    summary: 'One of several workers of an agent takes it on, for a while',
    auth: 'key',
    parameters: intent,
    body: claimIntent,
    repeatable: true,
    fenced: true,
    answer: claimed,
    refuses: [403, 404, 409],
  },
  {
    operation: 'streamEvents',
    method: 'GET',
    path: '/v1/intents/{id}/events/stream',
    summary: 'The same events as they come; held while there is none',
    auth: 'key',
    parameters: intent,
    query: eventStreamQuery,
    answer: frames,
    streams: true,
    refuses: [404],
  },
  {
    operation: 'beginSignIn',
    method: 'POST',
    path: '/v1/sign-in',
    summary: 'Mails a code to a person of the directory',
    auth: 'none',
    body: beginSignIn,
    answer: begunSignIn,
  },
  {
    operation: 'finishSignIn',
    method: 'POST',
    path: '/v1/sign-in/code',
    summary: 'Gives a session for the code',
    auth: 'none',
    body: finishSignIn,
    answer: signedIn,
  },
  {
    operation: 'signOut',
    method: 'POST',
    path: '/v1/sign-out',
    summary: 'Ends the session',
    auth: 'session',
    answer: signedOut,
  },
  {
    operation: 'listMyTasks',
    method: 'GET',
    path: '/v1/me/tasks',
    summary: "A person's open tasks, as AXP lists them",
    auth: 'person',
    answer: listedMine,
    axp: 'api.tasks.list.response.v1',
  },
  {
    operation: 'listTasks',
    method: 'GET',
    path: '/v1/tasks',
    summary: "A person's tasks, whole",
    auth: 'person',
    query: tasksQuery,
    answer: listedTasks,
  },
  {
    operation: 'listDecisions',
    method: 'GET',
    path: '/v1/decisions',
    summary: 'Every decision of a period, for auditors',
    auth: 'key or person',
    query: decisionsQuery,
    answer: listedDecisions,
    refuses: [403],
  },
  {
    operation: 'getTask',
    method: 'GET',
    path: '/v1/tasks/{id}',
    summary: 'One task of theirs',
    auth: 'person',
    parameters: task,
    query: taskQuery,
    answer: gotTask,
    refuses: [404],
  },
  {
    operation: 'decideTask',
    method: 'POST',
    path: '/v1/tasks/{id}/decision',
    summary: 'Decides',
    auth: 'person',
    parameters: task,
    query: taskQuery,
    body: decideTask,
    answer: decidedTask,
    refuses: [403, 404, 409],
  },
  {
    operation: 'delegateTask',
    method: 'POST',
    path: '/v1/tasks/{id}/delegate',
    summary: 'Hands it over to somebody else',
    auth: 'person',
    parameters: task,
    query: taskQuery,
    body: handOver,
    answer: handedOver,
    refuses: [403, 404, 409],
  },
  {
    operation: 'reassignTask',
    method: 'POST',
    path: '/v1/tasks/{id}/reassign',
    summary: 'The same as delegate',
    auth: 'person',
    parameters: task,
    query: taskQuery,
    body: handOver,
    answer: handedOver,
    refuses: [403, 404, 409],
  },
  {
    operation: 'takeOverTask',
    method: 'POST',
    path: '/v1/tasks/{id}/take-over',
    summary: 'An administrator takes it over',
    auth: 'person',
    parameters: task,
    query: taskQuery,
    body: withNote,
    answer: handedOver,
    refuses: [403, 404, 409],
  },
  {
    operation: 'commentTask',
    method: 'POST',
    path: '/v1/tasks/{id}/comment',
    summary: 'A remark that everybody who is asked can read',
    auth: 'person',
    parameters: task,
    query: taskQuery,
    body: commentTask,
    answer: commented,
    refuses: [403, 404, 409],
  },
  {
    operation: 'recallTask',
    method: 'POST',
    path: '/v1/tasks/{id}/recall',
    summary: 'Takes back what was handed over, or withdraws the question',
    auth: 'key or person',
    parameters: task,
    query: taskQuery,
    body: withNote,
    answer: recalled,
    refuses: [403, 404, 409],
  },
  {
    operation: 'decideApproval',
    method: 'POST',
    path: '/v1/approvals/{id}/decision',
    summary: 'Approves or rejects, by the id of the task or its intent',
    auth: 'key and person',
    parameters: { id: "the task's or the intent's id" },
    query: taskQuery,
    body: decideApproval,
    answer: approved,
    refuses: [403, 404, 409],
    axp: 'api.approvals.decision.response.v1',
  },
  ...(['approve', 'reject'] as const).map(
    (verb): RouteSpec => ({
      operation: `${verb}Thread`,
      method: 'POST',
      path: `/v1/inbox/{id}/${verb}`,
      summary: `${verb === 'approve' ? 'Approves' : 'Rejects'}, by the intent's id`,
      auth: 'key and person',
      parameters: intent,
      body: decideThread,
      answer: gotThread,
      refuses: [403, 404, 409],
      axp: 'api.inbox.thread.response.v1',
    }),
  ),
  {
    operation: 'listPeople',
    method: 'GET',
    path: '/v1/directory/people',
    summary: 'Who may be asked',
    auth: 'key or person',
    query: peopleQuery,
    answer: listedPeople,
  },
  {
    operation: 'getPerson',
    method: 'GET',
    path: '/v1/directory/people/{id}',
    summary: 'One person of the directory',
    auth: 'key or person',
    parameters: { id: "the person's id" },
    answer: gotPerson,
    refuses: [404],
  },
  {
    operation: 'createUpload',
    method: 'POST',
    path: '/v1/media/create-upload',
    summary: 'Says what will be uploaded, and gets an address for it',
    auth: 'key or person',
    body: createUpload,
    answer: createdUpload,
    refuses: [403, 404],
    axp: 'api.media.create_upload.response.v1',
  },
  {
    operation: 'finalizeUpload',
    method: 'POST',
    path: '/v1/media/finalize-upload',
    summary: 'Has what was uploaded checked and put away',
    auth: 'key or person',
    body: finalizeUpload,
    answer: finalizedUpload,
    refuses: [403, 404, 409],
    axp: 'api.media.finalize_upload.response.v1',
  },
  {
    operation: 'getUpload',
    method: 'GET',
    path: '/v1/media/{id}',
    summary: 'What is known of a file, and an address that gives it',
    auth: 'key or person',
    parameters: { id: "the upload's id" },
    query: mediaQuery,
    answer: gotUpload,
    refuses: [403, 404],
    axp: 'api.media.get.response.v1',
  },
  {
    operation: 'getCapabilities',
    method: 'GET',
    path: '/v1/capabilities',
    summary: 'What this deployment can do: operations of this document, and intent types',
    auth: 'key',
    answer: gotCapabilities,
    axp: 'api.capabilities.get.response.v1',
  },
  {
    operation: 'createServiceAccount',
    method: 'POST',
    path: '/v1/service-accounts',
    summary: 'A new agent of the tenant',
    auth: 'key',
    body: createAccount,
    repeatable: true,
    answer: createdAccount,
    refuses: [403, 409],
    axp: 'api.service_accounts.create.response.v1',
  },
  {
    operation: 'listServiceAccounts',
    method: 'GET',
    path: '/v1/service-accounts',
    summary: "The tenant's service accounts",
    auth: 'key',
    query: accountsQuery,
    answer: listedAccounts,
    refuses: [403],
    axp: 'api.service_accounts.list.response.v1',
  },
  {
    operation: 'getServiceAccount',
    method: 'GET',
    path: '/v1/service-accounts/{id}',
    summary: 'One of them',
    auth: 'key',
    parameters: account,
    answer: gotAccount,
    refuses: [403, 404],
    axp: 'api.service_accounts.get.response.v1',
  },
  {
    operation: 'deleteServiceAccount',
    method: 'DELETE',
    path: '/v1/service-accounts/{id}',
    summary: 'Ends it, and revokes its keys',
    auth: 'key',
    parameters: account,
    answer: gotAccount,
    refuses: [403, 404],
  },
  {
    operation: 'createServiceAccountKey',
    method: 'POST',
    path: '/v1/service-accounts/{id}/keys',
    summary: 'A key of it; its token is shown this once',
    auth: 'key',
    parameters: account,
    body: createAccountKey,
    repeatable: true,
    answer: createdKey,
    refuses: [403, 404, 409],
    axp: 'api.service_accounts.keys.create.response.v1',
  },
  {
    operation: 'revokeServiceAccountKey',
    method: 'POST',
    path: '/v1/service-accounts/{id}/keys/{key}/revoke',
    summary: 'Revokes a key for good',
    auth: 'key',
    parameters: { ...account, key: "the key's id" },
    answer: revokedKey,
    refuses: [403, 404],
    axp: 'api.service_accounts.keys.revoke.response.v1',
  },
  {
    operation: 'listAgents',
    method: 'GET',
    path: '/v1/agents',
    summary: "The tenant's agents",
    auth: 'key',
    query: accountsQuery,
    answer: listedAgents,
    axp: 'api.agents.list.response.v1',
  },
  {
    operation: 'validateScenario',
    method: 'POST',
    path: '/v1/scenarios/validate',
    summary: 'What is wrong with a bundle, if anything; changes nothing',
    auth: 'key',
    body: bundle,
    answer: validatedScenario,
  },
  {
    operation: 'applyScenario',
    method: 'POST',
    path: '/v1/scenarios/apply',
    summary: "Makes a bundle's agents that are missing, and starts its procedure",
    auth: 'key',
    body: bundle,
    repeatable: true,
    answer: appliedScenario,
    refuses: [403, 409],
  },
  {
    operation: 'streamMailbox',
    method: 'GET',
    path: '/v1/agents/{proxy+}/intents/stream',
    summary: 'What is delivered to an agent, as it comes; held while there is nothing',
    auth: 'key',
    parameters: address,
    query: agentStreamQuery,
    answer: frames,
    streams: true,
    refuses: [403, 404],
  },
  {
    operation: 'listMailbox',
    method: 'GET',
    path: '/v1/agents/{proxy+}/intents',
    summary: 'What was delivered to an agent, after number `since`',
    auth: 'key',
    parameters: address,
    query: mailboxQuery,
    answer: listedMailbox,
    refuses: [403, 404],
  },
  {
    operation: 'getAgent',
    method: 'GET',
    path: '/v1/agents/{proxy+}',
    summary: 'One agent, by its address, with or without scheme',
    auth: 'key',
    parameters: address,
    answer: gotAgent,
    refuses: [404],
    axp: 'api.agents.get.response.v1',
  },
];

/** A route's path as OpenAPI writes it: what is left of a path is an address. */
export const pathIn = ({ path }: RouteSpec): string => path.replace('{proxy+}', '{address}');

/** Statuses with which a route refuses: its own, and those that follow from who may call and what it takes. */
export function refusalsOf({ auth, query, body, refuses = [] }: RouteSpec): number[] {
  const taken = body ? [413, 422] : query ? [422] : [];
  return [...(auth === 'none' ? [] : [401]), ...refuses, ...taken, 429, 500, 503].sort((a, b) => a - b);
}

/** The route that a path without doubled or trailing slashes leads to. */
export function routeOf(method: string, path: string): RouteSpec | undefined {
  const found = routes.filter((route) => route.method === method && shapeOf(route.path).test(path));
  // A name goes before a parameter in its place; of paths that end with a name after an address, the longest comes first in the table.
  return found.find((one) => !one.path.includes('{')) ?? found[0];
}

const shapeOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replaceAll('.', '\\.')
      .replace(/\{[a-z]+\+\}/g, '.+')
      .replace(/\{[a-z]+\}/g, '[^/]+')}$`,
  );
