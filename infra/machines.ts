import { env as stepsEnv } from '../functions/steps/env.ts';
import {
  IntentTypeStack,
  machineOfDelegation,
  machineOfProcedure,
  machineOfType,
} from './constructs/intent-type-stack.ts';
import { ProviderSecret } from './constructs/provider-secret.ts';
import type { RemovalGuard } from './constructs/removal-guard.ts';
import {
  commitIntents,
  heedStops,
  joinParents,
  readDirectory,
  readEffects,
  settleOwed,
  spendBudgets,
} from './constructs/table-rights.ts';
import { ToolFunction } from './constructs/tool-function.ts';
import type { Foundation } from './foundation.ts';
import { pascalCase } from './names.ts';

/** A state machine for each intent type, for delegation and for procedures; with the steps and the tools that they call. */
export function machines(base: Foundation, guard: RemovalGuard) {
  const { config, intentTypes } = base.declared;
  const secret = new ProviderSecret(base.stack, 'ProviderKey', { stage: config.stage });
  const tools = toolFunctions(base, secret);
  const steps = stepsFunction(base, tools);
  const arns = Object.fromEntries(
    [...intentTypes.map(machineOfType), machineOfDelegation, machineOfProcedure].map((machine) => {
      const one = new IntentTypeStack(base.stack, pascalCase(machine.name), { machine, config, steps, tools });
      guard.before(one);
      return [machine.name, one.stateMachine.stateMachineArn] as const;
    }),
  );
  return { secret, steps, arns };
}

/** By the names of their contracts. */
function toolFunctions(base: Foundation, secret: ProviderSecret): Map<string, ToolFunction> {
  const { stack, tables, declared } = base;
  return new Map(
    declared.tools.map((tool) => {
      const { name } = tool.contract;
      const made = new ToolFunction(stack, `Tool${pascalCase(name)}`, {
        tool,
        config: declared.config,
        tables,
        secret,
      });
      base.functions.push(made);
      return [name, made] as const;
    }),
  );
}

/** What the state machines' own steps run in. */
function stepsFunction(base: Foundation, tools: ReadonlyMap<string, ToolFunction>) {
  const { tables, environment } = base;
  const readTools = base.declared.tools
    .filter(({ contract }) => contract.effectClass === 'read')
    .map(({ contract: { name } }) => [name, tools.get(name)?.alias.functionArn ?? ''] as const);
  const steps = base.make('steps', stepsEnv, {
    ...environment.tables,
    READ_TOOLS: base.stack.toJsonString(Object.fromEntries(readTools)),
  });
  commitIntents(steps, tables);
  readEffects(steps, tables);
  readDirectory(steps, tables);
  // A procedure's parts are born here.
  joinParents(steps, tables);
  settleOwed(steps, tables);
  heedStops(steps, tables);
  spendBudgets(steps, tables);
  if (readTools.length > 0) {
    steps.allow(
      ['lambda:InvokeFunction'],
      readTools.map(([, arn]) => arn),
    );
  }
  return steps;
}
