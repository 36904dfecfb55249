/** Assignment rules of an intent type: who decides a case, by its tenant, its agent, its requester and any field of its payload. */

import { type Chain, oneOf } from './chain.ts';
import { TerminalError } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { IntentState } from './model.ts';
import type { FiredRule } from './policy.ts';

interface Case<Payload = JsonObject> {
  payload: Payload;
  /** `<org>/<workspace>` */
  tenant: string;
  /** Whole address of the agent. */
  agent: string;
  /** As the agent named the person it acts for. */
  onBehalfOf: string | undefined;
}

/** Pure. The first rule that holds says who decides; where none does, it is the role of the type's task. */
export interface AssignmentRule<Payload = JsonObject> extends FiredRule {
  when: (asked: Case<Payload>) => boolean;
  of: Chain | ((asked: Case<Payload>) => Chain);
}

interface Assigning {
  type: string;
  task: { role: string };
  assignment?: readonly AssignmentRule[];
}

/** Who decides, and the rule that says so. Throws TerminalError `assignment_failed` where a rule can't be evaluated: nobody is asked. */
export function assigned(type: Assigning, { head, request }: IntentState): { of: Chain; rule?: FiredRule } {
  const { tenant, from: agent, onBehalfOf } = head;
  const asked: Case = { payload: request?.payload ?? {}, tenant, agent, onBehalfOf };
  try {
    const rule = type.assignment?.find((one) => one.when(asked));
    if (!rule) return { of: oneOf(type.task.role) };
    const { id, reason, says, of } = rule;
    return { of: typeof of === 'function' ? of(asked) : of, rule: { id, reason, says } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TerminalError('assignment_failed', `Who decides can't be said: a rule of ${type.type} failed.`, { why });
  }
}
