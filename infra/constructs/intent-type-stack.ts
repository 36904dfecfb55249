import type { CfnStack } from 'aws-cdk-lib';
import { NestedStack, RemovalPolicies, Validations } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IAlias } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type CfnStateMachine, DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type IntentType, statesOf } from '../../core/intent-type.ts';
import type { Config } from '../config.ts';
import { pascalCase } from '../names.ts';
import { serviceOfThisAccount } from '../principals.ts';
import { keeping } from '../stage.ts';
import { renderStateMachine } from '../state-machine.ts';
import { allow, type NodeFunction } from './node-function.ts';
import { alarmPeriod, runbookAlarm } from './runbook-alarm.ts';
import type { ToolFunction } from './tool-function.ts';

export interface IntentTypeStackProps {
  type: IntentType;
  config: Config;
  steps: NodeFunction;
  /** All tools, by name. */
  tools: ReadonlyMap<string, ToolFunction>;
}

/**
 * What one intent type needs: its state machine with its own role, graph and logs, and an alarm on runs that fail.
 * Runs wait for months: logical ids are pinned, and a kept stage never deletes any of it.
 */
export class IntentTypeStack extends NestedStack {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: IntentTypeStackProps) {
    super(scope, id, { description: `Holdpoint: ${props.type.type}, owner ${props.type.owner}` });
    const { type, config, steps } = props;
    const name = pascalCase(type.type);
    const effects = type.shape === 'action' ? type.tools : [];
    const aliases = new Map(effects.map((tool) => [tool.name, aliasOf(tool.name, props.tools)]));
    const { definition, substitutions } = renderStateMachine(
      type.shape,
      statesOf(type),
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
    (this.nestedStackResource as CfnStack).overrideLogicalId(typeLogicalId(type.type));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Log delivery and tracing have no resource to name. infra/wildcards.ts lists them, and a test allows nothing else.',
    });

    runbookAlarm(this, 'RunsFailed', {
      section: 'RunsFailed',
      config,
      says: `A run of ${type.type} failed without recording it. Owner: ${type.owner}.`,
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
