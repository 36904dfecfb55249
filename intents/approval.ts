import * as z from 'zod';
import { defineIntentType } from '../core/intent-type.ts';
import type { JsonObject } from '../core/json.ts';
import { type Risk, riskCategories } from '../core/plan.ts';

const scores = { low: 25, medium: 50, high: 75 } as const;

/** As the agent says in `risk_level`. A word that is none of ours is taken for the highest. */
function riskOfWish({ risk_level: wish }: JsonObject): Risk {
  if (wish === undefined) return { category: 'low', score: scores.low, reasons: ['default'] };
  const category = riskCategories.find((one) => one === wish) ?? 'high';
  return { category, score: scores[category], reasons: ['risk_level'] };
}

/** An agent asks a person for a decision about anything; the decision is the result. */
export const approval = defineIntentType({
  type: 'intent.approval.v1',
  aliases: ['human_approval'],
  title: 'Approval',
  owner: 'platform',
  shape: 'approval',
  payload: z.record(z.string(), z.json()),
  sample: { task: 'Send the newsletter to all customers?' },
  objective: (payload) => (typeof payload.task === 'string' ? payload.task : 'An agent asks for a decision.'),
  reasoning: { field: 'reasoning' },
  risk: riskOfWish,
  task: { type: 'approval', role: 'approvers' },
});
