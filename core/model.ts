/** What is stored of an intent. Field names are the rows' attributes; the head's item stays under 1 KB (`headItem` in adapters/rows.ts). */

import type { SealedRecord } from './audit.ts';
import type { Chain } from './chain.ts';
import type { GivenEvidence } from './evidence.ts';
import type { FormGroup } from './form-schema.ts';
import type { Evidence } from './intent-type.ts';
import type { JsonObject } from './json.ts';
import type { Rung } from './ladder.ts';
import type { EventType, Status, WaitingReason } from './lifecycle.ts';
import type { Plan, RiskCategory } from './plan.ts';
import type { FiredRule } from './policy.ts';
import type { ProcedurePlan, Progress } from './procedure.ts';
import type { MailOrder } from './rules/link.ts';
import type { TaskType } from './tasks.ts';

export interface IntentRef {
  /** `<org>/<workspace>` */
  tenant: string;
  intentId: string;
}

export interface Head extends IntentRef {
  type: string;
  status: Status;
  waitingReason?: WaitingReason;
  from: string;
  onBehalfOf?: string;
  /** Of a type that the deployment did not declare when it was taken in. */
  delegated?: true;
  /** Its run walks the steps of a bundle; see procedure.ts. */
  procedure?: true;
  /** The procedure that this intent is a step of, which goes on once it has ended. */
  stepOf?: string;
  /** Its end is owed to an agent: the request's `replyTo`. */
  replies?: true;
  traceId: string;
  createdAt: string;
  updatedAt: string;
  deadlineAt?: string;
  /** Last event's number. */
  seq: number;
  /** The audit chain's tip; `auditSeq` is the version every commit is conditional on. */
  auditSeq: number;
  auditHash: string;
  /** The run that may commit: 1, 2, … */
  generation: number;
  openEffects: number;
  /** A terminal status wished for while an effect is open; applied when it settles. */
  wish?: { status: 'CANCELED' | 'TIMED_OUT' | 'FAILED'; error: IntentError };
  /** The effect was read back and is what was asked; gone once ended. */
  verified?: true;
  planHash?: string;
  /** How often it was asked for: absent (1), or one more with each change that people asked for. */
  revision?: number;
  /** The task of this revision, once it was opened. */
  taskId?: string;
  /** Nothing more is executed, and an operator says how it ends: one of them stopped it for good, or nobody decided in time. */
  frozen?: true;
  /** By when (epoch ms) the run must have committed again; later, it is taken for dead. Absent once ended. */
  dueAt?: number;
}

export interface IntentError {
  code: string;
  message: string;
  details: JsonObject;
}

/** What the agent asked, as it was accepted; immutable. A revision has one of its own. */
export interface IntentRequest {
  /** When a later revision was accepted; the first one with its intent. */
  revisedAt?: string;
  /** The receiver's whole address. */
  to: string;
  correlationId: string;
  /** As the type's schema gave it back. */
  payload: JsonObject;
  payloadHash: string;
  humanTask?: HumanTask;
  replyTo?: string;
  /** The intent that this one is a part of, in the same tenant. */
  parent?: string;
  /** Of a procedure: its steps. */
  procedure?: ProcedurePlan;
  remind_after_seconds?: number;
  remind_interval_seconds?: number;
  max_reminders?: number;
  escalate_to?: string;
  max_delivery_attempts?: number;
  /** SHA-256 of the secret in the requester's link, which shows the intent and decides nothing. */
  viewHash?: string;
}

export const priorities = ['low', 'normal', 'high', 'urgent'] as const;
type Priority = (typeof priorities)[number];

export interface HumanTask {
  title: string;
  description?: string | undefined;
  task_type?: string | undefined;
  allowed_outcomes?: string[] | undefined;
  /** Of every decision, or of these outcomes. */
  required_comment?: boolean | string[] | undefined;
  priority?: Priority | undefined;
  /** Of a review: how often it may be asked at the most, the first time included. */
  rounds?: number | undefined;
  assignees?: string[] | undefined;
  notify_email?: string | undefined;
  /** Of a form: what it asks. */
  form_schema?: FormGroup | undefined;
  /** Of a clarification: the answers to choose from. */
  choices?: string[] | undefined;
  /** Of a manual action; needed unless this is false. */
  evidence_required?: boolean | undefined;
  /** What happens, and when, while nobody decides. */
  ladder?: LadderWish | undefined;
}

interface TimedWish {
  after_seconds: number;
  business_hours?: boolean | undefined;
}

/** A service level as an agent names it; see `ServiceLevel`. */
export interface LadderWish {
  business_hours?: boolean | undefined;
  remind?:
    | (TimedWish & {
        every_seconds?: number | undefined;
        times?: number | undefined;
        final_seconds?: number | undefined;
      })
    | undefined;
  escalate?: (TimedWish & { to?: string | undefined; how?: 'adds' | 'replaces' | undefined })[] | undefined;
  expire?: (TimedWish & { outcome?: string | undefined; opens?: 'override' | undefined }) | undefined;
}

export interface StoredPlan {
  plan: Plan;
  hash: string;
  evidence: Record<string, Evidence>;
  fired: FiredRule[];
  verdict: 'allowed' | 'approval' | 'denied';
  /** Who is asked, where the verdict asks for approval. */
  of?: Chain;
  at: string;
}

/** How an intent ended; immutable. */
export interface IntentOutcome {
  result?: JsonObject;
  error?: IntentError;
}

export interface Approver {
  id: string;
  name: string;
  mail: string;
  /** Asked because of a role (and only while holding it), or by name. */
  as: 'role' | 'named';
  /** The role, where it is not the task's. */
  role?: string;
  /** IANA name, as the directory had it when they were asked. */
  timeZone?: string | undefined;
  /** Whom they decide for, and why. */
  for?: AskedFor;
}

/** Another person in whose place somebody is asked. */
export interface AskedFor {
  id: string;
  name: string;
  /** They are out of office, or handed it over. */
  because: 'away' | 'handed_over';
  /** What they said to it. */
  note?: string;
  /** They are asked in their own right as well. */
  also?: true;
  /** Of what was handed over: how the other was asked themselves. */
  was?: Pick<Approver, 'as' | 'role'>;
}

/** A message to an approver that the channel's provider has accepted. */
export interface Told {
  personId: string;
  name: string;
  at: string;
  why: MailOrder['why'];
  /** The channels that took it: `mail`, `slack`, … */
  by: string[];
  /** The provider's id of the message; empty where it has none. */
  messageId: string;
  /** It was a digest, which lists other tasks too. */
  digest?: true;
}

export interface Decision {
  outcome: string;
  /** A code of the outcome's list, or `unspecified`. */
  reason: string;
  comment: string;
  at: string;
  by: { id: string; name: string };
  /** In whose place, where it was another's to decide. */
  for?: { id: string; name: string };
  /** How the person was identified, e.g. `link sent to anna@example.com`. */
  via: string;
  /** The link it came by, if it did. */
  linkHash?: string;
  /** The step of the chain it was made in, from 0. */
  step: number;
  /** What was filled in. */
  data?: JsonObject;
  /** What shows that a manual action was done. */
  evidence?: GivenEvidence;
  /** Whom an assignment names: the decider, who takes it on, or the next who is asked. */
  assignee?: { id: string; name: string };
}

export interface Task {
  taskId: string;
  type: TaskType;
  /** Closed: the intent ended or was frozen, without a decision and without the ladder's end. Returned: the agent is asked for changes. */
  status: 'open' | 'decided' | 'returned' | 'expired' | 'closed';
  /** Asked of operators: of what one of them froze, or nobody decided in time. */
  takeover?: true | 'overdue';
  /** Which one of the intent this asks about, of how many at the most; from 1. */
  revision: number;
  rounds: number;
  priority: Priority;
  title: string;
  description: string;
  outcomes: string[];
  /** Of every decision, or of these outcomes. */
  commentRequired: boolean | string[];
  /** Of a manual action. */
  evidenceRequired?: boolean;
  /** What is to be filled in. */
  asks?: FormGroup;
  /** Of a procedure's step: what the steps before it came to, shown with the payload. */
  results?: JsonObject;
  /** Who must agree. The role (whom it asks, in a word) and the approvers are those of its present step. */
  chain: Chain;
  /** From 0. */
  step: number;
  role: string;
  approvers: Approver[];
  /** The agent chose whom it asks, and no rule says otherwise: whoever is asked by name may hand it to anybody. */
  freely?: true;
  /** Assignees and addresses that the directory doesn't know, or that lack the role: recorded, never mailed. */
  ignored: string[];
  why: FiredRule[];
  /** Above low, the link alone does not decide. */
  risk: RiskCategory;
  /** What is decided on: the plan's hash, or, without a plan, that of all that the agent asks; see subject.ts. */
  subjectHash: string;
  /** In the hash, where there is no plan: random, so that nobody finds by trying what was erased. */
  salt?: string;
  /** Whom the agent acts for, as it said, where the hash holds it. */
  onBehalfOf?: string;
  /** Id of the person the agent acts for, where the directory knew them when the task was opened. */
  requester?: string;
  ladder: Rung[];
  /** How many rungs have happened. */
  rung: number;
  openedAt: string;
  /** What people decided so far, in all steps, oldest first. */
  votes: Decision[];
  /** How many remarks were made. */
  comments?: number;
  /** The one that concluded the task. */
  decision?: Decision;
  /** Of a returned task, ISO 8601: until when the agent may answer. */
  answerBy?: string;
  /** How many of the present step must decide for it, where an escalation has changed who is asked. */
  needed?: number;
  /** Whose mail came back in the present step, by person's id. */
  unreachable?: Record<string, Unreachable>;
  /** The link that is each approver's current one: person id → link hash. */
  links: Record<string, string>;
  /** Who was told of it, oldest first; of very many the newest. */
  told?: Told[];
  token?: string;
  /** (generation, rung, retry), fixed width: a greater one replaces a smaller one. */
  tokenOrder?: string;
  /** Of a takeover: ids of those who were asked or decided before it, and are told how it ends. */
  concerned?: string[];
  /** Of a takeover that is decided: how many of those whom it concerns are owed the news so far; absent: all of them. */
  informed?: number;
  /** Of a takeover: the task before it, and the token that its run may still wait under. */
  replaces?: { taskId: string; token: string };
  /** The token's order whose run is told already to look again. */
  looksAgain?: string;
}

export interface Unreachable {
  /** The address. */
  mail: string;
  why: 'bounced' | 'complained' | 'suppressed';
  at: string;
}

/** An intent that is an agent's to answer: to whom it goes, until when, and who works on it. */
export interface Delivery {
  /** Whole addresses of those who may answer: the receiver, and whom it was escalated to. */
  to: string[];
  /** How often it was given out to be worked on, the first time included, of how many at the most. */
  attempt: number;
  maxAttempts: number;
  /** Entries owed to mailboxes so far, and ids of those that are there. */
  sent: number;
  arrived: string[];
  ladder: Rung[];
  /** How many rungs have happened. */
  rung: number;
  /** Of the run that waits for the answer. */
  token?: string;
  tokenOrder?: string;
  /** The last fencing token that was given. */
  fence: number;
  claim?: Claim;
}

/** Who works on it, for as long as the lease lasts. */
export interface Claim {
  claimant: string;
  /** The fencing token: greater than all before. */
  token: number;
  /** ISO 8601. */
  until: string;
  renewals: number;
}

/** One approver's capability to open one task. Stored under the hash of its secret. */
export interface Link extends IntentRef {
  hash: string;
  linkId: string;
  taskId: string;
  personId: string;
  mail: string;
  subjectHash: string;
  /** The step of the chain that it was mailed for. */
  step: number;
  createdAt: string;
  expiresAt: string;
  acceptedAt?: string;
  /** Where it was sent, where that is not only the mail address: e.g. `slack:U0123ABC`. */
  sentTo?: string[];
  replacedAt?: string;
  usedAt?: string;
}

export interface IntentEvent {
  seq: number;
  type: EventType;
  status: Status;
  at: string;
  actor: string;
  waitingReason?: WaitingReason;
  details: JsonObject;
  pendingWith?: { type: 'agent' | 'human' | 'internal'; ref: string; name: string };
  humanTask?: JsonObject;
  /** The result, on the event that ends the intent. */
  data?: JsonObject;
  /** Id of the command that made it, and what that command answered. */
  command: string;
  answer?: JsonObject;
}

export type EffectState = 'STARTED' | 'SUCCEEDED' | 'FAILED' | 'UNKNOWN';

/** One tool call: the idempotency record of an action. */
export interface Effect extends IntentRef {
  effectId: string;
  state: EffectState;
  tool: string;
  /** The version that executed it, and the one that its plan was made and approved for. */
  toolVersion: string;
  plannedVersion: string;
  attempt: number;
  /** The invocation that may settle it. */
  owner: string;
  requestHash: string;
  startedAt: string;
  leaseUntil: string;
  /** How often it was looked up. */
  looks?: number;
  settledAt?: string;
  output?: JsonObject;
  error?: IntentError;
}

export const outboxKinds = ['start', 'wake', 'mail', 'deliver', 'cancel'] as const;
type OutboxKind = (typeof outboxKinds)[number];

/** One consequence owed to the world. */
export interface OutboxRow {
  /** `<kind>#<what>`: deterministic, so that a repeated command owes it once. */
  key: string;
  kind: OutboxKind;
  /** Epoch ms: overdue from then on. */
  dueAt: number;
  attempts: number;
  traceId: string;
  body: JsonObject;
}

/** A revision that was sent back, as it was shown. */
interface Revision {
  task: Task;
  request?: IntentRequest;
  plan?: StoredPlan;
}

export interface IntentState {
  head: Head;
  request?: IntentRequest;
  plan?: StoredPlan;
  task?: Task;
  /** Of an intent that an agent is to answer. */
  delivery?: Delivery;
  /** How far a procedure is. */
  procedure?: Progress;
  /** The revisions before this one, oldest first. */
  earlier?: Revision[];
  outcome?: IntentOutcome;
  notes?: Record<string, JsonObject>;
  effect?: Effect;
  link?: Link;
}

export type { SealedRecord };
