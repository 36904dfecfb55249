import jsonata from 'jsonata';
import { type IntentType, statesOf } from '../../core/intent-type.ts';
import { type Definition, renderStateMachine, type State, targets } from '../../infra/state-machine.ts';

/** Everything that a walk may answer at a Task: its payload, or the name of an error, with its cause. */
export type Answer = { payload?: unknown; error?: string; cause?: string };

const compiled = new Map<string, jsonata.Expression>();

function expressionOf(template: string): jsonata.Expression {
  const before = compiled.get(template);
  if (before) return before;
  const expression = jsonata(template.slice(2, -2).trim());
  expression.registerFunction('parse', JSON.parse, '<s:x>');
  compiled.set(template, expression);
  return expression;
}

/**
 * Evaluates `{% … %}` in a value, as Step Functions does; `$parse` is its own, the rest is JSONata.
 * `bindings` stand for JSONata's own functions of that name: `{ millis: () => … }` is another clock.
 */
export async function evaluate(
  template: unknown,
  states: Record<string, unknown>,
  bindings: Record<string, unknown> = {},
): Promise<unknown> {
  if (typeof template === 'string' && template.startsWith('{%')) {
    // Plain JSON on the way out: JSONata marks its sequences.
    const value = await expressionOf(template).evaluate({}, { states, ...bindings });
    if (value === undefined) throw new Error(`undefined: ${template}`);
    return JSON.parse(JSON.stringify(value));
  }
  if (Array.isArray(template)) return Promise.all(template.map((item) => evaluate(item, states, bindings)));
  if (template === null || typeof template !== 'object') return template;
  const entries = Object.entries(template).map(
    async ([key, value]) => [key, await evaluate(value, states, bindings)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** ARN of a function in machines that nothing is deployed for. */
const arnOf = (name: string): string => `arn:aws:lambda:eu-central-1:111122223333:function:${name}:live`;

/** The machine of all types that are not declared. */
export const delegationMachine = (): Definition =>
  rendered(renderStateMachine('delegation', ['AWAIT_ANSWER'], arnOf('steps'), {}));

/** The machine of all procedures. */
export const procedureMachine = (): Definition =>
  rendered(renderStateMachine('procedure', ['STEP', 'AWAIT_STEP'], arnOf('steps'), {}));

/** A type's machine with its substitutions made, as the service sees it. */
export function machineOf(type: IntentType): Definition {
  const tools = Object.fromEntries(
    (type.shape === 'action' ? type.tools : []).map(({ name, stateTimeoutSeconds, settleAfterSeconds }) => [
      name,
      { arn: arnOf(name), stateTimeoutSeconds, settleAfterSeconds },
    ]),
  );
  return rendered(renderStateMachine(type.shape, statesOf(type), arnOf('steps'), tools));
}

const rendered = ({ definition, substitutions }: ReturnType<typeof renderStateMachine>): Definition =>
  JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, key) => substitutions[key] ?? ''));

/**
 * Follows a definition with given answers, without waiting and without retries.
 *
 * @returns states entered in order, what each Task was called with, each Wait's seconds, and the last output
 */
export async function walk(
  definition: Definition,
  input: object,
  answer: (name: string, visit: number, call: Record<string, unknown>) => Answer | Promise<Answer>,
) {
  const entered: string[] = [];
  const calls: Record<string, unknown>[] = [];
  const waits: number[] = [];
  let data: unknown = input;
  for (let name: string | undefined = definition.StartAt; name !== undefined; ) {
    entered.push(name);
    if (entered.length > 100) throw new Error('this walk does not end');
    const state: State = definition.States[name] ?? fail(`no state ${name}`);
    const context = { Task: { Token: 'token' }, State: { Name: name } };
    const visit = entered.filter((other) => other === name).length;
    if (state.Type === 'Succeed') break;
    if (state.Type === 'Wait') waits.push((await evaluate(state.Seconds, { input: data, context })) as number);
    if (state.Type === 'Choice') {
      name = await choose(state, data);
      continue;
    }
    if (state.Type === 'Task') {
      const call = (await evaluate(state.Arguments, { input: data, context })) as Record<string, unknown>;
      calls.push(call);
      const { payload, error, cause = 'because' } = await answer(name, visit, call);
      if (error) {
        const catcher = state.Catch?.find(({ ErrorEquals }) =>
          ErrorEquals.some((e) => e === error || e === 'States.ALL'),
        );
        if (!catcher) return { entered, calls, waits, output: data, failed: error };
        const errorOutput = { Error: error, Cause: cause };
        data = await evaluate(catcher.Output, { input: data, context, errorOutput });
        name = catcher.Next;
        continue;
      }
      data = await evaluate(state.Output, { input: data, context, result: { Payload: payload ?? null } });
    }
    name = state.Next;
  }
  return { entered, calls, waits, output: data, failed: undefined };
}

async function choose(state: State, input: unknown): Promise<string> {
  for (const rule of state.Choices ?? []) {
    if ((await evaluate(rule.Condition, { input })) === true) return rule.Next;
  }
  return state.Default ?? fail('no Default');
}

function fail(message: string): never {
  throw new Error(message);
}

/** The names of all states that can be reached from StartAt. */
export function reachable(definition: Definition): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const state = definition.States[name];
    if (state) targets(state).forEach(visit);
  };
  visit(definition.StartAt);
  return seen;
}

/** What Step Functions bills for a walk: each state entered, the start and the end. */
export const billedTransitions = (entered: readonly string[]): number => entered.length + 2;
