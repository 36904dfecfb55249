/** Requests for an intent as AXP's schema has them, for properties. */

import fc from 'fast-check';
import { outcomesOf, taskTypeOf } from '../../core/tasks.ts';
import { formAndData } from '../core/forms.ts';

const text = (minLength: number, maxLength: number) => fc.string({ minLength, maxLength, unit: 'grapheme-ascii' });
const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''));
const count = fc.integer({ min: 1, max: 10_000_000 });

const humanTask = fc.record(
  {
    title: text(1, 255),
    description: text(0, 2000),
    task_type: fc.constantFrom(
      ...['approval', 'review', 'clarification', 'provide_data', 'attach_file', 'override', 'escalate'],
    ),
    allowed_outcomes: fc.array(text(1, 64), { minLength: 1, maxLength: 20 }),
    required_comment: fc.boolean(),
    assignees: fc.array(text(1, 383), { minLength: 1, maxLength: 20 }),
    evidence_required: fc.boolean(),
  },
  { requiredKeys: ['title'] },
);
/** Whatever has the shape that AXP's schema wants, `form_schema` left out. */
export const anyRequest = fc.record(
  {
    intent_type: fc.constantFrom('intent.refund.v1', 'a.b.v0', 'x_1.y_2.z.v10'),
    correlation_id: fc.tuple(hex(8), hex(4), hex(4), hex(4), hex(12)).map((parts) => parts.join('-')),
    from_agent: text(3, 383),
    to_agent: text(3, 383),
    reply_to: text(3, 383),
    payload: fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      // `__proto__` never gets here: the door refuses it.
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
    ),
    deadline_at: fc.oneof(
      fc
        .date({ min: new Date('2000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      fc.constantFrom('2026-12-01T10:00:00Z', '2026-12-01T10:00:00.123456+00:00', '2026-12-01T10:00:00-05:30'),
    ),
    remind_after_seconds: count,
    remind_interval_seconds: count,
    max_reminders: count,
    escalate_to: text(0, 383),
    max_delivery_attempts: count,
    human_task: humanTask,
  },
  { requiredKeys: ['intent_type', 'correlation_id', 'to_agent', 'payload'] },
);

/** AXP's words for a task. */
const axpWords = [
  ...['approval', 'review', 'clarification', 'provide_data', 'attach_file', 'manual_action', 'confirmation'],
  ...['validate_real_world', 'validate_output', 'assignment', 'delegation', 'reroute', 'override', 'escalate'],
];
const part = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{2,40}$/);
const anAddress = fc.oneof(
  part,
  part.map((name) => `agent://${name}`),
  fc.tuple(part, part).map((parts) => parts.join('/')),
  fc.tuple(part, part, part).map((parts) => `agent://${parts.join('/')}`),
);

/** Of a task, what docs/axp.md says is taken: the rest stands in its table. */
const saidTask = fc.constantFrom(...axpWords).chain((task_type) => {
  const type = taskTypeOf(task_type) ?? 'approval';
  const outcomes = outcomesOf(type).map(({ name }) => name);
  return fc.record(
    {
      title: text(0, 255),
      description: text(0, 2000),
      task_type: fc.constant(task_type),
      allowed_outcomes: fc.shuffledSubarray(outcomes, { minLength: outcomes.length }),
      required_comment: fc.boolean(),
      assignees: fc.array(text(1, 383), { minLength: 1, maxLength: 20 }),
      evidence_required: type === 'manual_action' ? fc.boolean() : fc.constant(false),
      ...(type === 'form' ? { form_schema: formAndData.map(({ form }) => form) } : {}),
    },
    { requiredKeys: ['title', 'task_type'] },
  );
});

/** The same, of those that docs/axp.md says are taken. `now`: ISO 8601. */
export const saidRequest = (now: string) => {
  const later = fc.date({ min: new Date(Date.parse(now) + 1000), max: new Date('2200-01-01'), noInvalidDate: true });
  const said = fc.record(
    {
      intent_type: fc.constantFrom('intent.approval.v1', 'a.b.v0', 'x_1.y_2.z.v10'),
      to_agent: anAddress,
      reply_to: anAddress,
      deadline_at: later.map((date) => date.toISOString()),
      human_task: saidTask,
    },
    { requiredKeys: ['intent_type', 'to_agent'] },
  );
  return fc
    .tuple(anyRequest, said)
    .map(([{ reply_to, deadline_at, human_task, ...any }, more]) => ({ ...any, ...more }));
};
