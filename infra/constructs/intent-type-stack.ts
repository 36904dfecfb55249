import type { CfnStack } from 'aws-cdk-lib';
import { NestedStack, RemovalPolicies, Validations } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IAlias } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type CfnStateMachine, DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { delegationMachine } from '../../core/delegation.ts';
import { type IntentType, statesOf } from '../../core/intent-type.ts';
import { procedureMachine } from '../../core/procedure.ts';
import type { ToolContract } from '../../core/tools.ts';
import type { Config } from '../config.ts';
import { pascalCase } from '../names.ts';
import { serviceOfThisAccount } from '../principals.ts';
import { keeping } from '../stage.ts';
import { renderStateMachine, type ShapeName } from '../state-machine.ts';
import { allow, type NodeFunction } from './node-function.ts';
import { alarmPeriod, runbookAlarm } from './runbook-alarm.ts';
import type { ToolFunction } from './tool-function.ts';

/** What a state machine is made of. */
export interface MachineOf {
  /** Whose it is: an intent type's name, `delegation` or `procedure`. */
  name: string;
  owner: string;
  shape: ShapeName;
  states: readonly string[];
  effects: readonly ToolContract[];
}

export const machineOfType = (type: IntentType): MachineOf => ({
  name: type.type,
  owner: type.owner,
  shape: type.shape,
  states: statesOf(type),
  effects: type.shape === 'action' ? type.tools : [],
});

/** Carries the intents of all types that the deployment does not declare. */
export const machineOfDelegation: MachineOf = {
  name: delegationMachine,
  owner: 'platform',
  shape: 'delegation',
  states: ['AWAIT_ANSWER'],
  effects: [],
};

/** Walks the steps of every bundle. */
export const machineOfProcedure: MachineOf = {
  name: procedureMachine,
  owner: 'platform',
  shape: 'procedure',
  states: ['STEP', 'AWAIT_STEP'],
  effects: [],
};

export interface IntentTypeStackProps {
  machine: MachineOf;
  config: Config;
  steps: NodeFunction;
  /** All tools, by name. */
  tools: ReadonlyMap<string, ToolFunction>;
}

/**
 * What one intent type needs, or delegation: its state machine with its own role, graph and logs, and an alarm on runs that fail.
 * Runs wait for months: logical ids are pinned, and a kept stage never deletes any of it.
 */
export class IntentTypeStack extends NestedStack {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: IntentTypeStackProps) {
    const { machine, config, steps } = props;
    super(scope, id, { description: `Holdpoint: ${machine.name}, owner ${machine.owner}` });
    const { effects } = machine;
    const name = pascalCase(machine.name);
    const aliases = new Map(effects.map((tool) => [tool.name, aliasOf(tool.name, props.tools)]));
    const { definition, substitutions } = renderStateMachine(
      machine.shape,
      machine.states,
      steps.alias.functionArn,
      Object.fromEntries(
        effects.map(({ name, stateTimeoutSeconds, settleAfterSeconds }) => [
          name,
          { arn: aliases.get(name)?.functionArn ?? '', stateTimeoutSeconds, settleAfterSeconds },
        ]),
      ),
    );

    const role = new Role(this, 'Role', { assumedBy: serviceOfThisAccount('states') });
    const called = [steps.alias, ...aliases.values()].map(({ functionArn }) => functionArn);
    role.addToPolicy(allow(['lambda:InvokeFunction'], called));
    const { removalPolicy, logRetention } = keeping[config.stage];
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: substitutions,
      role,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', { retention: logRetention, removalPolicy }),
        level: LogLevel.ALL,
        // Inputs, outputs and with them the task token stay out of the logs.
        includeExecutionData: false,
      },
    });
    (this.stateMachine.node.defaultChild as CfnStateMachine).overrideLogicalId(name);
    (this.nestedStackResource as CfnStack).overrideLogicalId(typeLogicalId(machine.name));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Log delivery and tracing have no resource to name. infra/wildcards.ts lists them, and a test allows nothing else.',
    });

    runbookAlarm(this, 'RunsFailed', {
      section: 'RunsFailed',
      config,
      says: `A run of ${machine.name} failed without recording it. Owner: ${machine.owner}.`,
      metric: this.stateMachine.metricFailed({ period: alarmPeriod, statistic: 'Sum' }),
      threshold: 1,
    });
    if (config.stage === 'kept') RemovalPolicies.of(this).retain();
  }
}

/** The pinned logical id of a type's nested stack. */
const typeLogicalId = (type: string): string => `Type${pascalCase(type)}`;

function aliasOf(name: string, tools: ReadonlyMap<string, ToolFunction>): IAlias {
  const tool = tools.get(name);
  if (!tool) throw new Error(`There is no function for the tool ${name}`);
  return tool.alias;
}
