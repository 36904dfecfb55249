/** One tool for each governed action: what it takes is the intent type's payload, and calling it submits the intent. */

import type { ActionType, IntentType } from '../../core/intent-type.ts';
import type { EffectClass } from '../../core/plan.ts';
import { intentResult } from '../../wire/mcp.ts';
import type { Submitting } from './tools.ts';

/** Effects that can't be taken back, as MCP's hint means it. */
const destructive: readonly EffectClass[] = ['money', 'destructive'];

const isOpenAction = (type: IntentType): type is ActionType => type.shape === 'action' && !type.closed;

/** `refund` of `intent.refund.v1`. */
const shortName = ({ type }: IntentType): string => type.split('.').slice(1, -1).join('_');

/** Named after its tool contract; after the type where that has several, or others use the same. */
function nameOf(type: ActionType, all: readonly ActionType[]): string {
  const [only, ...more] = type.tools;
  const shared = all.filter(({ tools }) => tools.some(({ name }) => name === only?.name)).length > 1;
  return !only || more.length > 0 || shared ? shortName(type) : only.name;
}

/** Types whose door is open. */
export function actionTools(types: readonly IntentType[]): Submitting[] {
  const actions = types.filter(isOpenAction);
  return actions.map((type) => ({
    name: nameOf(type, actions),
    title: type.title,
    description: `${type.title}, as a governed action (${type.type}): policy allows it, refuses it, or asks a person first; then it is executed once. Where \`ended\` is false, follow it with wait_for_intent and do not submit it again.`,
    input: type.payload,
    output: intentResult,
    annotations: {
      readOnlyHint: false,
      destructiveHint: type.tools.some(({ effectClass }) => destructive.includes(effectClass)),
      idempotentHint: false,
      openWorldHint: true,
    },
    acts: true,
    submits: (payload) => ({ body: { intent_type: type.type, payload } }),
  }));
}
