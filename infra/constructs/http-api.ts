import { Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** Requests a second: far above one team's agents, far below what would hurt the account's other functions. */
const apiThrottle = { rateLimit: 200, burstLimit: 400 };

/** People open links one at a time; whoever guesses 32-byte links meets this instead. */
const approvalsThrottle = { rateLimit: 20, burstLimit: 40 };

/** A link is its path: whoever reads a log with paths could decide. So neither path nor query, nor the caller's address. */
const accessLog = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatencyMs: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
  error: '$context.error.message',
};

const approvalsPath = '/a/{proxy+}';

/** The one door from outside: approvers' pages under `/a/`, everything else to the API; a catch-all route per function. */
export class PublicApi extends Construct {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  readonly #api: HttpApi;
  readonly #stage: HttpStage;
  readonly #routes: Record<'api' | 'approvals', HttpRoute | undefined> = { api: undefined, approvals: undefined };

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    const { removalPolicy, logRetention } = keeping[props.stage];
    this.#api = new HttpApi(this, 'Api', { createDefaultStage: false });
    this.url = this.#api.apiEndpoint;
    this.#stage = new HttpStage(this, 'Stage', {
      httpApi: this.#api,
      stageName: '$default',
      autoDeploy: true,
      throttle: apiThrottle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', { retention: logRetention, removalPolicy }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Authorised in the functions: an API key that can be revoked at once, or an approval link; both stand in the tables, hashed. An authorizer would cache what must not be cached.',
    });
  }

  /** Sends `/a/…` to one function and the rest to the other. */
  route(api: NodeFunction, approvals: NodeFunction): void {
    this.#routes.api = new HttpRoute(this, 'Everything', {
      httpApi: this.#api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration('Api', api.alias),
    });
    this.#routes.approvals = new HttpRoute(this, 'Approvals', {
      httpApi: this.#api,
      routeKey: HttpRouteKey.with(approvalsPath, HttpMethod.ANY),
      integration: new HttpLambdaIntegration('Approvals', approvals.alias),
    });
    const stage = this.#stage.node.defaultChild as CfnStage;
    stage.addPropertyOverride('RouteSettings', {
      [`ANY ${approvalsPath}`]: {
        ThrottlingRateLimit: approvalsThrottle.rateLimit,
        ThrottlingBurstLimit: approvalsThrottle.burstLimit,
      },
    });
    // API Gateway refuses settings for a route that isn't there yet.
    stage.node.addDependency(this.#routes.approvals);
  }

  /** Answers that were our fault, a minute. */
  serverErrors(): Metric {
    return this.#api.metricServerError();
  }
}
