/** The MCP contract: what our tools take and give. AXP's names, snake_case; unknown fields are refused, as at every door. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { formLimits, formSchema } from '../core/form-schema.ts';
import { statuses, waitingReasons } from '../core/lifecycle.ts';
import { priorities } from '../core/model.ts';
import { leaseSeconds } from '../core/rules/claim.ts';
import { maxHoldSeconds } from './streams.ts';

const intentId = z.uuid().describe('The id that the tool gave which submitted it.');

/** What every question to a person may say beside itself. */
const asking = {
  title: characters(1, 255).optional().describe('What the person reads first.'),
  description: characters(0, 2000).optional().describe('What they need to know, in a few sentences.'),
  assignees: z
    .array(characters(1, 383))
    .min(1)
    .max(20)
    .optional()
    .describe('Ids or mail addresses of people of the directory, instead of everybody with the role.'),
  priority: z.enum(priorities).optional(),
  context: z
    .record(z.string(), z.json())
    .optional()
    .describe('Facts that the decision rests on; the person sees them.'),
  on_behalf_of: z.string().min(1).optional().describe('The person you act for: they can never decide this.'),
  deadline_at: z.iso.datetime({ offset: true }).optional().describe('When it ends, decided or not.'),
  correlation_id: z.guid().optional().describe('One of yours, to find it by.'),
  idempotency_key: characters(1, 255)
    .optional()
    .describe('The same key with the same arguments is asked once, and gives the first answer again.'),
};

export const requestApproval = z.strictObject({
  task: characters(1, 2000).describe('What you want to do, in one sentence: the person allows or refuses that.'),
  risk_level: z.enum(['low', 'medium', 'high']).optional().describe('How much depends on it; default low.'),
  ...asking,
});

export const askHuman = z.strictObject({
  question: characters(1, 2000),
  choices: z
    .array(characters(1, 500, z.string().trim()))
    .min(2)
    .max(formLimits.choices)
    .optional()
    .describe('The answers to choose from; without them the person answers in words.'),
  form_schema: formSchema.optional().describe('Asks for several fields instead of one answer.'),
  ...asking,
});

export const getIntent = z.strictObject({ intent_id: intentId });

export const waitForIntent = z.strictObject({
  intent_id: intentId,
  wait_seconds: z
    .int()
    .min(1)
    .max(maxHoldSeconds)
    .default(maxHoldSeconds)
    .describe('How long to wait at the most; call it again where it is still open.'),
});

export const cancelIntent = z.strictObject({
  intent_id: intentId,
  reason: characters(0, 2000).describe('Why it is not wanted any more; people read it.'),
});

export const claimIntent = z.strictObject({
  intent_id: intentId,
  claimant: characters(1, 255).describe('Which of your workers this is.'),
  lease_seconds: z.int().min(leaseSeconds.min).max(leaseSeconds.max).describe('How long the claim lives.'),
  fencing_token: z.int().min(1).optional().describe('Of the claim that you hold, to renew it.'),
});

export const listMyIntents = z.strictObject({
  direction: z
    .enum(['sent', 'received'])
    .default('sent')
    .describe('Those that you submitted, or those that were delivered to you.'),
  status: z.array(z.enum(statuses)).min(1).optional(),
  correlation_id: z.guid().optional(),
  limit: z.int().min(1).max(100).default(25),
  cursor: characters(0, 64).optional().describe('`next_cursor` of the page before.'),
});

/** How far an intent is, and how it ended. */
export const intentResult = z.looseObject({
  intent_id: z.uuid(),
  intent_type: z.string(),
  status: z.enum(statuses),
  lifecycle_waiting_reason: z.enum(waitingReasons).nullable(),
  ended: z.boolean().describe('Nothing more happens to it.'),
  result: z.record(z.string(), z.json()).optional().describe('Once COMPLETED; `approved` where a person decided.'),
  error: z
    .looseObject({ code: z.string(), message: z.string() })
    .optional()
    .describe('Why it ended otherwise; `policy_denied`: it was refused.'),
  view_url: z.string().optional().describe('A page that shows it and decides nothing: for the person you work for.'),
});

export const claimResult = z.looseObject({
  granted: z.boolean(),
  fencing_token: z.int().optional().describe('To be sent with what you answer while the claim lives.'),
  claimant: z.string().optional().describe('Who has it, where it is not you.'),
  claimed_until: z.string(),
});

export const listResult = z.strictObject({
  intents: z.array(z.looseObject({ intent_id: z.uuid(), status: z.enum(statuses) })),
  next_cursor: z.string().nullable(),
});
