import * as z from 'zod';
import { defineIntentType } from '../core/intent-type.ts';

/** An agent asks a person for a decision about anything; the decision is the result. */
export const approval = defineIntentType({
  type: 'intent.approval.v1',
  aliases: ['human_approval'],
  title: 'Approval',
  owner: 'platform',
  shape: 'approval',
  payload: z.record(z.string(), z.json()),
  objective: (payload) => (typeof payload.task === 'string' ? payload.task : 'An agent asks for a decision.'),
  task: { type: 'approval', role: 'approvers' },
});
