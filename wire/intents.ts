/** The HTTP contract of intents: what comes in, strictly. AXP names, snake_case. What goes out is in answers.ts. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { formLimits, formSchema } from '../core/form-schema.ts';
import { maxRounds } from '../core/intent-type.ts';
import { statuses } from '../core/lifecycle.ts';
import { priorities } from '../core/model.ts';
import { leaseSeconds } from '../core/rules/claim.ts';
import { maxEscalations, maxLevelSeconds, maxReminders } from '../core/service-level.ts';
import { pageLimit } from './page-limit.ts';
import { resumeStateText } from './resume-state.ts';

/** What a path must hold to name an intent. */
export const intentId = z.uuid();

export const address = characters(3, 383);
const seconds = z.int().min(1);

/** It stands in the head, which stays under 1 KB. */
const maxBehalfBytes = 128;
const fitsHead = (text: string): boolean => Buffer.byteLength(text) <= maxBehalfBytes;

/** The person an agent acts for, who can never decide the intent. */
export const onBehalfOf = z.string().min(1).refine(fitsHead, `at most ${maxBehalfBytes} bytes`);

const timed = {
  after_seconds: z.int().min(1).max(maxLevelSeconds),
  /** Only the working time of those who are asked counts. */
  business_hours: z.boolean().optional(),
};

/** What happens, and when, while nobody decides. */
const ladder = z.strictObject({
  business_hours: z.boolean().optional(),
  remind: z
    .strictObject({
      ...timed,
      every_seconds: timed.after_seconds.optional(),
      times: z.int().min(0).max(maxReminders).optional(),
      final_seconds: timed.after_seconds.optional(),
    })
    .optional(),
  escalate: z
    .array(
      z.strictObject({
        ...timed,
        /** `manager`, `backup`, `role`, or a person or role of the directory. */
        to: characters(1, 383).optional(),
        how: z.enum(['adds', 'replaces']).optional(),
      }),
    )
    .max(maxEscalations)
    .optional(),
  expire: z
    .strictObject({
      ...timed,
      outcome: characters(1, 64).optional(),
      /** Operators are asked then how it ends. */
      opens: z.literal('override').optional(),
    })
    .optional(),
});

export const humanTask = z.strictObject({
  /** An empty one is none. */
  title: characters(0, 255).optional(),
  description: characters(0, 2000).optional(),
  task_type: characters(0, 64).optional(),
  allowed_outcomes: z.array(characters(1, 64)).min(1).max(20).optional(),
  required_comment: z.union([z.boolean(), z.array(characters(1, 64)).min(1).max(20)]).optional(),
  priority: z.enum(priorities).optional(),
  rounds: z.int().min(1).max(maxRounds).optional(),
  assignees: z.array(characters(1, 383)).min(1).max(20).optional(),
  notify_email: characters(0, 383).optional(),
  form_schema: formSchema.optional(),
  choices: z
    .array(characters(1, 500, z.string().trim()))
    .min(2)
    .max(formLimits.choices)
    .optional(),
  ladder: ladder.optional(),
  evidence_required: z.boolean().optional(),
});

export const createIntent = z.strictObject({
  intent_type: characters(1, 200),
  /** Any 128 bits in a UUID's form: clients make theirs in many ways. */
  correlation_id: z.guid().optional(),
  /** Accepted and ignored: the sender is the key's agent. */
  from_agent: address.optional(),
  to_agent: address.optional(),
  payload: z.record(z.string(), z.json()).default({}),
  reply_to: address.optional(),
  /** The open intent that this one is a part of: withdrawn with it. */
  parent_intent_id: z.uuid().optional(),
  deadline_at: z.iso.datetime({ offset: true }).optional(),
  remind_after_seconds: seconds.optional(),
  remind_interval_seconds: seconds.optional(),
  max_reminders: seconds.optional(),
  escalate_to: characters(0, 383).optional(),
  max_delivery_attempts: seconds.optional(),
  /** The person the agent acts for, who can never decide this intent. */
  on_behalf_of: onBehalfOf.optional(),
  human_task: humanTask.optional(),
  /** What the agent wants back with the decision. */
  resume_state: resumeStateText.optional(),
});
export type CreateIntent = z.infer<typeof createIntent>;

/** What says how far an agent is; any other object is its result. */
const agentStep = z.strictObject({
  action: z.enum(['acknowledge', 'start', 'wait']),
  details: z.record(z.string(), z.json()).optional(),
});
const agentFailure = z.strictObject({ action: z.literal('fail'), error: z.record(z.string(), z.json()) });
/** `POST /v1/intents/{id}/resume` by the agent that it was delivered to. */
export const agentAnswer = z.record(z.string(), z.json());
export const agentProgress = z.union([agentStep, agentFailure]);
export const agentCompletion = z.looseObject({
  action: z.literal('complete'),
  result: z.record(z.string(), z.json()),
});

const object = z.record(z.string(), z.json());
const why = characters(0, 2000);
/** AXP lets each be there with every status: what is not of the status is accepted and ignored, as is `actor`: it is the key's agent. */
const beside = {
  result: object.nullish(),
  error: object.nullish(),
  reason: why.nullish(),
  actor: characters(3, 255).nullish(),
};

/** `POST /v1/intents/{id}/resolve` (AXP). */
export const resolveIntent = z.discriminatedUnion('status', [
  z.strictObject({ ...beside, status: z.literal('COMPLETED'), result: object }),
  z.strictObject({ ...beside, status: z.literal('FAILED'), error: object }),
  z.strictObject({ ...beside, status: z.literal('CANCELED'), reason: why }),
]);
export type ResolveIntent = z.infer<typeof resolveIntent>;

/** `POST /v1/intents/{id}/claim`. */
export const claimIntent = z.strictObject({
  claimant: characters(1, 255),
  lease_seconds: z.int().min(leaseSeconds.min).max(leaseSeconds.max),
});

/** `POST /v1/intents/{id}/release`: why, for whoever looks at its events. */
export const releaseIntent = z.strictObject({ reason: characters(1, 500).optional() });

/** Header `x-fencing-token`: of the claim under which an agent speaks. */
export const fencingToken = z.coerce.number().int().min(1).optional();

/** What an agent answers when it was asked for changes. */
export const resumeIntent = z.strictObject({ payload: z.record(z.string(), z.json()) });

/** Query of `GET /v1/intents/{id}/events`. */
export const eventsQuery = z.strictObject({
  since: z.coerce.number().int().min(0).default(0),
  limit: pageLimit(1000, 200),
});

/** Where a list goes on: after this intent, whose id the cursor is in fewer letters. */
const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'no cursor of ours')
  .transform((text) => Buffer.from(text, 'base64url').toString('hex').replace(uuidParts, '$1-$2-$3-$4-$5'))
  .pipe(intentId);
const uuidParts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
export const cursorOf = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');

/** Query of `GET /v1/intents`. */
export const intentsQuery = z.strictObject({
  /** One or several, with commas. */
  status: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(statuses)))
    .optional(),
  correlation_id: z.guid().optional(),
  /** Only the parts of this one. */
  parent_intent_id: intentId.optional(),
  from_agent: address.optional(),
  to_agent: address.optional(),
  limit: pageLimit(100, 25),
  cursor: cursor.optional(),
});
