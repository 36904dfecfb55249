import action from '../statemachines/action.asl.json' with { type: 'json' };
import approval from '../statemachines/approval.asl.json' with { type: 'json' };
import delegation from '../statemachines/delegation.asl.json' with { type: 'json' };
import procedure from '../statemachines/procedure.asl.json' with { type: 'json' };

/** A state of the Amazon States Language, as far as relinking needs to know it. */
export interface State {
  Type: 'Task' | 'Choice' | 'Wait' | 'Succeed';
  Resource?: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Choices?: { Condition: string; Next: string }[];
  Catch?: { ErrorEquals: string[]; Next: string; Output?: unknown }[];
  [field: string]: unknown;
}

/** A state machine's definition. */
export interface Definition {
  Comment: string;
  QueryLanguage: 'JSONata';
  StartAt: string;
  States: Record<string, State>;
}

/** The shapes of a run; each is a file in `statemachines/`. */
export const shapeNames = ['approval', 'action', 'delegation', 'procedure'] as const;
export type ShapeName = (typeof shapeNames)[number];

/** States that a type chooses among, in the order of a run. The others serve them and stay while they can be reached. */
export const declarableStates = [
  'TRIAGE',
  'RETRIEVE_CONTEXT',
  'PROPOSE_ACTION',
  'POLICY_CHECK',
  'ESCALATE_TO_HUMAN',
  'EXECUTE_ACTION',
  'VERIFY',
  'COMPLETE',
  'AWAIT_ANSWER',
  'STEP',
  'AWAIT_STEP',
] as const;

/** What a shape can't do without: nothing runs unchecked, and each good path writes a terminal status. */
const requiredStates: Record<ShapeName, readonly string[]> = {
  approval: ['ESCALATE_TO_HUMAN'],
  action: ['POLICY_CHECK', 'COMPLETE'],
  delegation: ['AWAIT_ANSWER'],
  procedure: ['STEP', 'AWAIT_STEP'],
};

/** Whether the state waits for an answer by a task token. */
export const waitsForToken = (state: State): boolean => state.Resource?.endsWith('.waitForTaskToken') ?? false;

/** Reads a shape from `statemachines/`. */
export const readShape = (shape: ShapeName): Definition => structuredClone(shapes[shape]) as unknown as Definition;

const shapes = { action, approval, delegation, procedure } satisfies Record<ShapeName, object>;

/** Every state that `state` can go to, in the order written. */
export function targets(state: State): string[] {
  return [
    ...(state.Choices ?? []).map((rule) => rule.Next),
    ...[state.Default, state.Next].filter((next) => next !== undefined),
    ...(state.Catch ?? []).map((catcher) => catcher.Next),
  ];
}

/**
 * The shape with only the states that an intent type declares; links to a pruned state go to its successor, and service
 * states that nothing leads to any more are pruned too.
 * A Choice rule that leads to a pruned wait is dropped instead: skipping a person is never what a type without one means.
 *
 * @param declared names from `declarableStates`, in order
 * @throws Error when a name is unknown, out of order, or one that the shape needs is missing
 */
export function prune(shape: ShapeName, declared: readonly string[]): Definition {
  const definition = readShape(shape);
  const inShape = declarableStates.filter((name) => name in definition.States);
  assertDeclarable(shape, inShape, declared);
  const pruned = new Set<string>(inShape.filter((name) => !declared.includes(name)));
  const stateAt = (name: string): State => {
    const state = definition.States[name];
    if (!state) throw new Error(`The shape "${shape}" leads to ${name}, which it doesn't have`);
    return state;
  };
  const relink = (name: string): string => (pruned.has(name) ? relink(stateAt(name).Next ?? 'ENDED') : name);
  const skipsWait = (name: string) => pruned.has(name) && waitsForToken(stateAt(name));

  const states: Record<string, State> = {};
  const keep = (name: string): void => {
    if (name in states) return;
    const { Next, Default, Choices, Catch, ...rest } = stateAt(name);
    const state: State = {
      ...rest,
      ...(Choices && {
        Choices: Choices.filter((rule) => !skipsWait(rule.Next)).map((rule) => ({ ...rule, Next: relink(rule.Next) })),
      }),
      ...(Default && { Default: relink(Default) }),
      ...(Catch && { Catch: Catch.map((catcher) => ({ ...catcher, Next: relink(catcher.Next) })) }),
      ...(Next && { Next: relink(Next) }),
    };
    states[name] = state;
    targets(state).forEach(keep);
  };
  const StartAt = relink(definition.StartAt);
  keep(StartAt);
  return { ...definition, StartAt, States: states };
}

function assertDeclarable(shape: ShapeName, inShape: readonly string[], declared: readonly string[]): void {
  const wrong = declared.filter((name, at) => !inShape.includes(name) || declared.indexOf(name) !== at);
  if (wrong.length > 0) throw new Error(`The shape "${shape}" has no state ${wrong.join(', ')} (or it is named twice)`);
  const ordered = inShape.filter((name) => declared.includes(name));
  if (ordered.some((name, at) => declared[at] !== name)) {
    throw new Error(`States of the shape "${shape}" stand in the order ${ordered.join(', ')}`);
  }
  const missing = requiredStates[shape].filter((name) => !declared.includes(name));
  if (missing.length > 0) throw new Error(`The shape "${shape}" needs the state ${missing.join(', ')}`);
  if (declared.includes('VERIFY') && !declared.includes('EXECUTE_ACTION')) {
    throw new Error('VERIFY needs EXECUTE_ACTION: it reads back what that did');
  }
}

/** What a machine must know of one effect tool: seconds come from its contract. */
export interface MachineTool {
  arn: string;
  /** The tool state's TimeoutSeconds. */
  stateTimeoutSeconds: number;
  /** How long after an open outcome the provider's answer to a look-up counts. */
  settleAfterSeconds: number;
}

/**
 * The definition as CloudFormation takes it, and the values of the `${…}` that stand inside its strings.
 *
 * @param tools effect tools by name; ARNs may be CDK tokens
 */
export function renderStateMachine(
  shape: ShapeName,
  declared: readonly string[],
  stepsArn: string,
  tools: Readonly<Record<string, MachineTool>>,
): { definition: string; substitutions: Record<string, string> } {
  const pruned = prune(shape, declared);
  const acts = 'EXECUTE_ACTION' in pruned.States;
  if (acts !== Object.keys(tools).length > 0) {
    throw new Error('A type declares EXECUTE_ACTION if and only if it has effect tools');
  }
  return {
    definition: JSON.stringify(pruned),
    substitutions: { StepsArn: stepsArn, ...(acts && { Tools: insideString(tools) }) },
  };
}

/** JSON text for a place inside a JSONata string ('…') inside a JSON string: CloudFormation pastes it as it is. */
function insideString(value: unknown): string {
  return JSON.stringify(value).replaceAll('"', '\\"');
}
