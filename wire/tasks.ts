/** The HTTP contract of tasks: what people, and keys that speak for them, send. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { maxEvidenceTextLength } from '../core/evidence.ts';
import { maxCommentLength } from '../core/tasks.ts';

const comment = characters(0, maxCommentLength).optional();
const outcome = characters(1, 64);
/** Of the outcome's reasons. */
const reason_code = characters(0, 64);
const data = z.record(z.string(), z.json());

/** Of a manual action: at least one of them. `media_id`: of a file that was finalized. */
const evidence = z.strictObject({
  text: characters(0, maxEvidenceTextLength).optional(),
  url: characters(0, 2000).optional(),
  media_id: z.uuid().optional(),
});
export type GivenEvidenceBody = z.infer<typeof evidence>;
export const isEvidence = (given: unknown): given is GivenEvidenceBody => evidence.safeParse(given).success;

/** Of an assignment: id of whom it goes to. */
const assignee = characters(1, 128);

/** What a path must hold to name a task: of an intent's n-th revision, or the operators' one. */
export const taskId = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(?:[a-z]?[1-9]\d{0,3}|override)$/);

/** Query of every path of one task: its tenant, needed by a session alone where that person is not asked. */
export const taskQuery = z.strictObject({
  tenant: z
    .string()
    .max(128)
    .regex(/^[^/#\s]+\/[^/#\s]+$/)
    .optional(),
});

/** Of what the person was shown. */
const plan_hash = z.string().regex(/^[0-9a-f]{64}$/);

/** `POST /v1/tasks/{id}/decision`. */
export const decideTask = z.strictObject({
  outcome,
  reason_code,
  comment,
  data: data.optional(),
  evidence: evidence.optional(),
  assignee: assignee.optional(),
  plan_hash,
});

/**
 * `task_result` of `POST /v1/intents/{id}/resume`, where AXP has no reason. Some clients put what was filled in beside the
 * outcome, as texts; `evidence` may be a text there, too.
 */
const taskResult = z
  .object({
    outcome,
    reason_code: reason_code.optional(),
    comment: comment.nullable(),
    data: data.nullish(),
    evidence: z.union([characters(0, maxEvidenceTextLength), evidence]).optional(),
    assignee: assignee.optional(),
  })
  .catchall(z.string());
/** As the schema gives it back: what stands beside the named fields is text. */
export type TaskResult = {
  outcome: string;
  reason_code?: string | undefined;
  comment?: string | null | undefined;
  data?: z.infer<typeof data> | null | undefined;
  evidence?: GivenEvidenceBody | string | undefined;
  assignee?: string | undefined;
  [beside: string]: unknown;
};

/** `POST /v1/approvals/{id}/decision` (AXP). */
export const decideApproval = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  comment: characters(0, 1000).optional(),
  plan_hash: plan_hash.optional(),
});

/** `POST /v1/inbox/{thread}/approve` and `/reject` (AXP). */
export const decideThread = z.strictObject({ comment, plan_hash: plan_hash.optional() });

/** Query of `GET /v1/tasks`. */
export const tasksQuery = z.strictObject({
  status: z.enum(['open', 'done']).default('open'),
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: characters(0, 1024).optional(),
});

/** Query of `GET /v1/directory/people`: only those who hold it. */
export const peopleQuery = z.strictObject({ role: characters(0, 128).optional() });

/** `POST /v1/intents/{id}/resume` by a person. `action` is accepted and ignored: it is an agent's word. */
export const resumeAsPerson = z.strictObject({
  task_result: taskResult,
  plan_hash: plan_hash.optional(),
  action: characters(0, 64).optional(),
});

const note = characters(0, maxCommentLength).optional();

/** `POST /v1/tasks/{id}/delegate` and `/reassign`. `to`: id or mail address of a person of the directory. */
export const handOver = z.strictObject({ to: characters(1, 383), note });

/** `POST /v1/tasks/{id}/recall` and `/take-over`. */
export const withNote = z.strictObject({ note });

/** `POST /v1/tasks/{id}/comment`. */
export const commentTask = z.strictObject({ comment: characters(1, maxCommentLength) });
