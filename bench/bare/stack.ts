/**
 * What one would write without Holdpoint: API → run → a state that waits for its token → SendTaskSuccess, and a refund
 * that is paid by one call. Lean on purpose: no tenants, keys, policy, record, reminder or repair.
 */

import { join } from 'node:path';
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias, Architecture, type IAlias, type IFunction, type IVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Config } from '../../infra/config.ts';
import { bundling } from '../../infra/constructs/bundle.ts';
import { functionSettings } from '../../infra/settings.ts';

const root = join(import.meta.dirname, '..', '..');

/** A request that nobody decides ends after this long, as Holdpoint's default ladder does. */
const waitSeconds = 7 * 24 * 3600;

const promptMemory = functionSettings.api.memoryMegabytes;
const patientMemory = functionSettings.mail.memoryMegabytes;

export class BareStack extends Stack {
  constructor(scope: Construct, id: string, { config }: { config: Config }) {
    super(scope, id, { description: 'A bare approval, to compare Holdpoint with' });
    const table = new TableV2(this, 'Tokens', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const secret = new Secret(this, 'ProviderKey', { removalPolicy: RemovalPolicy.DESTROY });
    const api = new HttpApi(this, 'Api');

    const ask = this.#function('ask', promptMemory, {
      TABLE: table.tableName,
      SENDER: config.sender,
      APPROVER: config.directory.people[0]?.mail ?? '',
      BASE_URL: config.publicBaseUrl ?? api.apiEndpoint,
    });
    table.grantWriteData(ask.function);
    allow(ask.function, ['ses:SendEmail'], [this.formatArn({ service: 'ses', resource: 'identity/*' })]);
    const refund = this.#function('refund', patientMemory, {
      PROVIDER_URL: config.providerUrl,
      PROVIDER_SECRET_ARN: secret.secretArn,
    });
    secret.grantRead(refund.function);

    const approvals = this.#machine('Approvals', ask.alias, {
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      TimeoutSeconds: waitSeconds,
      Arguments: {
        FunctionName: ask.alias.functionArn,
        Payload: "{% $merge([$states.input, {'token': $states.context.Task.Token}]) %}",
      },
    });
    const refunds = this.#machine('Refunds', refund.alias, {
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: refund.alias.functionArn, Payload: '{% $states.input %}' },
      Output: '{% $states.result.Payload %}',
    });

    const submit = this.#function('submit', promptMemory, {
      APPROVAL_MACHINE: approvals.stateMachineArn,
      REFUND_MACHINE: refunds.stateMachineArn,
    });
    for (const machine of [approvals, refunds]) machine.grantStartExecution(submit.function);
    const decide = this.#function('decide', promptMemory, { TABLE: table.tableName });
    table.grantReadData(decide.function);
    approvals.grantTaskResponse(decide.function);

    const routes = { '/approvals': submit, '/refunds': submit, '/approvals/{id}': decide };
    for (const [path, { alias }] of Object.entries(routes))
      api.addRoutes({ path, methods: [HttpMethod.POST], integration: new HttpLambdaIntegration(path, alias) });

    const outputs = {
      ApiUrl: api.apiEndpoint,
      TokensTable: table.tableName,
      ProviderSecretArn: secret.secretArn,
      ApprovalMachine: approvals.stateMachineArn,
      RefundMachine: refunds.stateMachineArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  /** As Holdpoint's functions are made: same bundler, runtime and client, called by an alias. */
  #function(name: string, memorySize: number, environment: Record<string, string>) {
    const made = new NodejsFunction(this, name, {
      entry: join(root, 'bench/bare/functions', name, 'handler.ts'),
      projectRoot: root,
      depsLockFilePath: join(root, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize,
      timeout: Duration.seconds(15),
      environment: { AWS_SDK_UA_APP_ID: `bare-${name}`, ...environment },
      bundling,
    });
    // The CDK's classes and interfaces differ in `undefined` under exactOptionalPropertyTypes: hence the casts.
    const version = made.currentVersion as IVersion;
    const alias = new Alias(this, `${name}Live`, { aliasName: 'live', version }) as IAlias;
    return { function: made as IFunction, alias };
  }

  /** One task state, tried again where Lambda failed, and the end. */
  #machine(name: string, calls: IAlias, task: object): StateMachine {
    const retry = { ErrorEquals: ['Lambda.ServiceException', 'Lambda.TooManyRequestsException'], MaxAttempts: 5 };
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'TASK',
      States: { TASK: { Type: 'Task', ...task, Retry: [retry], End: true } },
    };
    const machine = new StateMachine(this, name, {
      definitionBody: DefinitionBody.fromString(this.toJsonString(definition)),
    });
    calls.grantInvoke(machine);
    return machine;
  }
}

const allow = (to: IFunction, actions: string[], resources: string[]): void =>
  to.addToRolePolicy(new PolicyStatement({ actions, resources }));
