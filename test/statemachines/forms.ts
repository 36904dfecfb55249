import { type Definition, declarableStates, prune, type ShapeName } from '../../infra/state-machine.ts';

/** One form that a shape can take: what a type declares, and the graph that it gets. */
export interface Form {
  name: string;
  shape: ShapeName;
  declared: string[];
  definition: Definition;
}

const ofOthers = ['AWAIT_ANSWER', 'STEP', 'AWAIT_STEP'];
const ofActions = declarableStates.filter((name) => !ofOthers.includes(name));
const optional = ofActions.filter((name) => name !== 'POLICY_CHECK' && name !== 'COMPLETE');

/** Every set of states that a type of the action shape may declare. */
function actionForms(): string[][] {
  return Array.from({ length: 2 ** optional.length }, (_, bits) =>
    ofActions.filter((name) => {
      const at = optional.indexOf(name as (typeof optional)[number]);
      return at < 0 || (bits & (1 << at)) !== 0;
    }),
  ).filter((declared) => declared.includes('EXECUTE_ACTION') || !declared.includes('VERIFY'));
}

const form = (shape: ShapeName, declared: string[]): Form => ({
  name: `${shape}(${declared.join(' ')})`,
  shape,
  declared,
  definition: prune(shape, declared),
});

/** Every form of every shape. */
export const forms: Form[] = [
  form('approval', ['ESCALATE_TO_HUMAN']),
  form('delegation', ['AWAIT_ANSWER']),
  form('procedure', ['STEP', 'AWAIT_STEP']),
  ...actionForms().map((declared) => form('action', declared)),
];

/** The states of `intent.refund.v1`. */
export const refundStates = ['POLICY_CHECK', 'ESCALATE_TO_HUMAN', 'EXECUTE_ACTION', 'VERIFY', 'COMPLETE'];
