import { Duration, Validations } from 'aws-cdk-lib';
import { type Conditions, Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  Function as DeployedFunction,
  type IAlias,
  type IVersion,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import { keeping } from '../stage.ts';
import { codeOf } from './bundle.ts';

/** Values for a function's environment: exactly the keys of its schema, as strings. */
export type EnvironmentOf<Env extends z.ZodObject> = { [Key in keyof z.input<Env>]: string };

export interface NodeFunctionProps<Env extends z.ZodObject> {
  /** The folder under `functions/`, with `handler.ts` in it. */
  folder: string;
  /** The schema that the handler parses its environment with: `functions/<folder>/env.ts`. */
  env: Env;
  environment: EnvironmentOf<Env>;
  config: Config;
  /** Also decides the share of a CPU. */
  memoryMegabytes: number;
  timeoutSeconds: number;
  /** Calls at once that are set aside for it, and are the most that it gets. */
  reservedConcurrency?: number | undefined;
}

/** Who can be allowed something. */
export interface Grantee {
  /** Allows these actions on these resources, named in full, under these conditions. */
  allow(actions: string[], resources: string[], conditions?: Conditions): void;
}

/**
 * A Lambda function of this project: its own role without managed policies, JSON logs that expire, traced,
 * called only by its alias `live`, bundled for Node 24 on arm64.
 * What it reads of the configuration is compiled in: the directory, whose events go onto the bus, the doors for events.
 */
export class NodeFunction<Env extends z.ZodObject = z.ZodObject> extends Construct implements Grantee {
  readonly function: DeployedFunction;
  /** What everything calls: runs that wait for months meet the newest version. */
  readonly alias: IAlias;
  readonly name: string;

  constructor(scope: Construct, id: string, props: NodeFunctionProps<Env>) {
    super(scope, id);
    this.name = props.folder.replace(/^tools\//, '');
    const { removalPolicy, logRetention } = keeping[props.config.stage];
    const logGroup = new LogGroup(this, 'Logs', { retention: logRetention, removalPolicy });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]));

    this.function = new DeployedFunction(this, 'Function', {
      description: `Holdpoint: ${props.folder}`,
      code: codeOf(props.folder, {
        HOLDPOINT_DIRECTORY: JSON.stringify(JSON.stringify(props.config.directory)),
        HOLDPOINT_BUS: JSON.stringify(JSON.stringify(props.config.events.bus)),
        HOLDPOINT_DOORS: JSON.stringify(JSON.stringify(props.config.events.doors)),
      }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // A start and a report line for each call say nothing that the metrics don't.
      systemLogLevelV2: SystemLogLevel.WARN,
      tracing: Tracing.ACTIVE,
      environment: {
        POWERTOOLS_SERVICE_NAME: this.name,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
        AWS_SDK_UA_APP_ID: this.name,
        ...(props.environment as Record<string, string>),
      },
    });
    // The CDK's classes and interfaces differ in `undefined` under exactOptionalPropertyTypes: hence the two casts.
    const version = this.function.currentVersion as IVersion;
    this.alias = new Alias(this, 'Live', { aliasName: 'live', version }) as IAlias;
    acknowledgeFunctionRules(this);
  }

  allow(actions: string[], resources: string[], conditions: Conditions = {}): void {
    this.function.addToRolePolicy(allow(actions, resources, conditions));
  }
}

/** The namespace of all custom metrics. */
export const metricsNamespace = 'Holdpoint';

/** A statement that allows actions on resources. */
export const allow = (actions: string[], resources: string[], conditions: Conditions = {}): PolicyStatement =>
  new PolicyStatement({ effect: Effect.ALLOW, actions, resources, conditions });

function acknowledgeFunctionRules(scope: Construct): void {
  Validations.of(scope).acknowledge(
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Only what has no resource to name, such as tracing. infra/wildcards.ts lists it, and a test allows nothing else.',
    },
    {
      id: 'Serverless-LambdaDLQ',
      reason:
        'Called synchronously, by queues with a dead-letter queue, by a stream or a bus with a failure destination, each minute anew by the schedule, or by CloudFormation, which fails without an answer: no lost event to keep.',
    },
  );
}
