/** Scenarios: several steps, of agents and people, as one intent. */

import type { Caller } from './agents.ts';
import type { CallOptions, ChangeOptions } from './transport.ts';
import type { AppliedScenario, Scenario, ValidatedScenario } from './types.ts';

export class Scenarios {
  readonly #call: Caller;
  constructor(call: Caller) {
    this.#call = call;
  }

  /** What is wrong with it, if anything; changes nothing. */
  validate(scenario: Scenario, options: CallOptions = {}): Promise<ValidatedScenario> {
    return this.#call({ method: 'POST', path: '/v1/scenarios/validate', body: scenario, ...options });
  }

  /** Makes the agents that are missing, and starts it. Throws InvalidInputError with what `validate` would say. */
  apply(scenario: Scenario, options: ChangeOptions = {}): Promise<AppliedScenario> {
    // A bundle may bring a key of its own.
    const idempotencyKey = options.idempotencyKey ?? (scenario.idempotency_key || undefined);
    return this.#call({ method: 'POST', path: '/v1/scenarios/apply', body: scenario, ...options, idempotencyKey });
  }
}
