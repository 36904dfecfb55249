/** The HTTP contract of tasks and the directory: what goes out. No function needs these schemas; the OpenAPI document, clients and tests do. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { statuses } from '../core/lifecycle.ts';
import { riskCategories } from '../core/plan.ts';
import { taskTypes } from '../core/tasks.ts';
import { taskId } from './tasks.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const object = z.record(z.string(), z.json());
const named = z.strictObject({ id: z.string(), name: z.string() });
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const progress = z.strictObject({
  step: z.int().min(1),
  steps: z.int().min(1),
  decided: z.int().min(0),
  needed: z.int().min(0),
});

/** One person's decision, as everybody concerned is told of it. */
const told = z.strictObject({
  outcome: z.string(),
  reason_code: z.string(),
  comment: z.string(),
  decided_by: z.string(),
  decided_for: z.string().optional(),
  decided_at: time,
  data: object.optional(),
  evidence: object.optional(),
  assignee: named.optional(),
  step: z.int().min(1),
});

const risk = z.strictObject({ category: z.enum(riskCategories), score: z.number(), reasons: z.array(z.string()) });
const plan = z.looseObject({ objective: z.string(), actions: z.array(z.looseObject({ tool: z.string() })), risk });
const taskType = z.enum(Object.keys(taskTypes) as [string, ...string[]]);

const taskView = z.strictObject({
  task_id: taskId,
  intent_id: z.uuid(),
  intent_type: z.string(),
  tenant: z.string(),
  from_agent: z.string(),
  on_behalf_of: z.string().optional(),
  task_type: taskType,
  status: z.enum(['open', 'decided', 'returned', 'expired', 'closed']),
  title: z.string(),
  description: z.string(),
  revision: z.int().min(1),
  rounds: z.int().min(1),
  allowed_outcomes: z.array(z.string()),
  required_comment: z.union([z.boolean(), z.array(z.string())]),
  outcomes: z.array(
    z.strictObject({
      name: z.string(),
      label: z.string(),
      comment: z.enum(['required', 'optional']),
      reason_codes: z.array(z.strictObject({ code: z.string(), words: z.string() })),
    }),
  ),
  risk: z.enum(riskCategories),
  /** Of a manual action. */
  evidence_required: z.boolean().optional(),
  form_schema: object.optional(),
  /** Of an assignment: to whom it may go. */
  candidates: z.array(named).optional(),
  payload: object,
  /** The agent's raw reasoning, where its type lets people see it. */
  reasoning: z.string().optional(),
  plan: plan.optional(),
  evidence: object.optional(),
  plan_hash: hash,
  plan_hash_short: z.string(),
  /** Of what is asked without a plan: in its hash. */
  hash_salt: z.string().optional(),
  reasons: z.array(z.strictObject({ rule: z.string(), reason: z.string(), says: z.string() })),
  assignees: z.array(named),
  progress,
  decisions: z.array(told),
  assigned_at: time,
  due_at: time.optional(),
});

export const gotTask = z.strictObject({ ok, task: taskView });
export const listedTasks = z.strictObject({ ok, tasks: z.array(taskView), next_cursor: z.string().nullable() });

/** AXP's shape of a task, which is strict. */
const axpTask = z.strictObject({
  intent_id: z.uuid(),
  intent_type: z.string(),
  status: z.literal('WAITING'),
  from_agent: characters(0, 383),
  assigned_at: time,
  due_at: time.optional(),
  human_task: z.strictObject({
    title: characters(0, 255),
    description: characters(0, 2000),
    task_type: z.string(),
    allowed_outcomes: z.array(z.string()).min(1).max(20),
    required_comment: z.boolean(),
    assignees: z.array(z.string()).min(1).max(20).optional(),
    /** Of a manual action. */
    evidence_required: z.boolean().optional(),
    form_schema: object.optional(),
  }),
});
export const listedMine = z.strictObject({ ok, tasks: z.array(axpTask) });

export const decidedTask = z.strictObject({
  ok,
  /** False where it was decided before: then this is that decision. */
  fresh: z.boolean(),
  intent_id: z.uuid(),
  task_id: taskId,
  status: z.enum(statuses),
  waits_for: z.string().nullable(),
  decision: z.strictObject({
    outcome: z.string(),
    reason: z.string(),
    comment: z.string(),
    at: time,
    step: z.int().min(0),
    decided_by: z.string(),
    via: z.string().optional(),
    for: named.optional(),
    data: object.optional(),
    evidence: object.optional(),
    assignee: named.optional(),
  }),
});

/** `fresh` is false where it was so before. */
const handed = { ok, task_id: taskId, fresh: z.boolean(), to: named };
export const handedOver = z.strictObject(handed);
/** Taken back from whom it was handed to, or withdrawn. */
export const recalled = z.union([
  z.strictObject(handed),
  z.strictObject({ ok, task_id: taskId, status: z.enum(statuses) }),
]);
export const commented = z.strictObject({ ok, task_id: taskId, comments: z.int().min(1) });

export const approved = z.strictObject({
  ok,
  approval: z.strictObject({
    approval_id: z.uuid(),
    decision: z.enum(['approve', 'reject']),
    comment: characters(0, 1000).nullable(),
    decided_at: time,
  }),
});

const thread = z.strictObject({
  thread_id: z.uuid(),
  intent_id: z.uuid(),
  status: z.enum(['pending', 'active', 'done']),
  owner_agent: z.string(),
  from_agent: z.string(),
  to_agent: z.string(),
  created_at: time,
  updated_at: time,
  timeline: z
    .array(
      z.strictObject({
        event_id: z.uuid(),
        event_type: z.string(),
        actor: characters(0, 120),
        at: time,
        details: object,
      }),
    )
    .min(1),
});
export const gotThread = z.strictObject({ ok, thread });
export const listedThreads = z.strictObject({ ok, threads: z.array(thread) });
/** `next_cursor` is the last one's, also at the end; null while there is none. */
export const listedChanges = z.strictObject({
  ok,
  changes: z.array(z.strictObject({ cursor: characters(3, 128), thread })),
  next_cursor: z.string().nullable(),
  has_more: z.boolean(),
});
export const deletedMessages = z.strictObject({
  ok,
  thread,
  mode: z.enum(['self', 'both']),
  deleted_count: z.int().min(0),
  message_ids: z.array(z.uuid()),
});

const person = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** `mail`, `manager`, `backup` and `away`: only for people of the directory. */
  mail: z.email().optional(),
  roles: z.array(z.string()),
  manager: z.string().optional(),
  backup: z.string().optional(),
  region: z.string().optional(),
  time_zone: z.string(),
  /** By what, never where. */
  told_by: z.array(z.string()),
  /** When their digest comes, where they have one. */
  digest_at: z.string().optional(),
  away: z.strictObject({ from: z.string(), until: z.string() }).optional(),
});
export const listedPeople = z.strictObject({ ok, people: z.array(person) });
export const gotPerson = z.strictObject({ ok, person });
