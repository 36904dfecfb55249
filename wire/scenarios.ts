/** The HTTP contract of scenarios: a bundle of agents, people and steps (AXP), with what clients in use send beyond its schema. */

import * as z from 'zod';
import { longestStepSeconds, maxRetries, maxVisits } from '../core/bundle.ts';
import { characters } from '../core/characters.ts';
import { humanTask, onBehalfOf } from './intents.ts';

const seconds = z.int().min(1).max(longestStepSeconds);
const address = characters(0, 383);
/** Some clients send what they leave out as an empty text. */
const orEmpty = <S extends z.ZodType>(schema: S) => z.union([z.literal(''), schema]).optional();

const wishes = {
  remind_after_seconds: seconds.optional(),
  remind_interval_seconds: seconds.optional(),
  max_reminders: z.int().min(1).optional(),
  escalate_to: address.optional(),
};

/** What these agents, people and steps are called in a bundle. */
const role = characters(1, 100);
const name = characters(0, 255);

const agent = z.strictObject({
  role: role.optional(),
  address: characters(1, 383),
  create_if_missing: z.boolean().default(false),
  display_name: name.optional(),
  /** How the agent fetches is the agent's own matter. */
  delivery_mode: characters(0, 64).optional(),
});

const human = z.strictObject({
  role: role.optional(),
  /** Id or mail address of a person of the directory; without one, whoever holds the approvers' role. */
  contact: orEmpty(name),
  display_name: name.optional(),
});

const step = z.strictObject({
  step_id: role,
  title: name.optional(),
  description: characters(0, 2000).optional(),
  tool_id: orEmpty(name),
  runtime_type: z
    .union([z.literal(''), z.enum(['human_approval', 'timeout', 'reminder', 'delay', 'escalation', 'notification'])])
    .optional(),
  runtime_config: z.record(z.string(), z.json()).optional(),
  assigned_to: orEmpty(address),
  requires_approval: z.boolean().optional(),
  step_deadline_seconds: seconds.optional(),
  retry: z
    .strictObject({
      max_retries: z.int().min(0).max(maxRetries).default(0),
      retry_delay_seconds: seconds.default(30),
    })
    .optional(),
  human_task: humanTask.optional(),
  ...wishes,
  on_success: orEmpty(role),
  on_failure: orEmpty(role),
  /** Ours: bounds a cycle. */
  max_visits: z.int().min(1).max(maxVisits).optional(),
});

/** Body of both doors. */
export const bundle = z.strictObject({
  scenario_id: z
    .string()
    .min(3)
    .max(255)
    .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/, 'small letters, digits, _ and -, with dots between')
    .default('scenario'),
  title: name.optional(),
  description: characters(0, 1000).optional(),
  idempotency_key: orEmpty(name),
  agents: z.array(agent).max(50).default([]),
  humans: z.array(human).max(20).default([]),
  workflow: z
    .strictObject({
      macro_id: orEmpty(name),
      steps: z.array(step).min(1).max(100).optional(),
    })
    .optional(),
  intent: z.strictObject({
    type: z
      .string()
      .min(3)
      .max(64)
      .regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'such as approval.change.v1'),
    payload: z.record(z.string(), z.json()).default({}),
    deadline_at: z.iso.datetime({ offset: true }).optional(),
    ...wishes,
    max_delivery_attempts: z.int().min(1).optional(),
    human_task: humanTask.optional(),
    /** Ours: as of a single intent. */
    on_behalf_of: onBehalfOf.optional(),
    correlation_id: z.guid().optional(),
    reply_to: characters(3, 383).optional(),
  }),
});
