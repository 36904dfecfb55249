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
import { pascalCase } from '../names.ts';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** Requests a second: far above one team's agents, far below what would hurt the account's other functions. */
const apiThrottle = { rateLimit: 200, burstLimit: 400 };

/** People open pages one at a time; whoever guesses 32-byte links or codes meets this instead. */
export const peopleThrottle = { rateLimit: 20, burstLimit: 40 };

/** Paths that one function answers. */
export interface Route {
  /** Ends with `/{proxy+}` where all paths below it are meant. */
  path: string;
  to: NodeFunction;
  /** Default: whatever the method. A route with methods goes before one without. */
  methods?: readonly HttpMethod[];
  /** Requests a second; default: the whole API's. */
  throttle?: typeof peopleThrottle;
}

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

/** The one door from outside; catch-all routes for each function. */
export class PublicApi extends Construct {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  readonly #api: HttpApi;
  readonly #stage: HttpStage;

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

  /** Sends these paths to their functions and everything else to `api`. */
  route(api: NodeFunction, routes: readonly Route[]): void {
    new HttpRoute(this, 'Everything', {
      httpApi: this.#api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: integrationOf(api),
    });
    const integrations = new Map(routes.map(({ to }) => [to, integrationOf(to)]));
    const stage = this.#stage.node.defaultChild as CfnStage;
    const each = routes.flatMap(({ methods = [HttpMethod.ANY], ...route }) =>
      methods.map((method) => ({ ...route, method })),
    );
    const settings = each.map(({ path, method, to, throttle }) => {
      const route = new HttpRoute(this, `Route${method === HttpMethod.ANY ? '' : method}${path}`, {
        httpApi: this.#api,
        routeKey: HttpRouteKey.with(path, method),
        integration: integrations.get(to) as HttpLambdaIntegration,
      });
      if (!throttle) return {};
      // API Gateway refuses settings for a route that isn't there yet.
      stage.node.addDependency(route);
      return {
        [`${method} ${path}`]: { ThrottlingRateLimit: throttle.rateLimit, ThrottlingBurstLimit: throttle.burstLimit },
      };
    });
    stage.addPropertyOverride('RouteSettings', Object.assign({}, ...settings));
  }

  /** Answers that were our fault, a minute. */
  serverErrors(): Metric {
    return this.#api.metricServerError();
  }
}

const integrationOf = ({ name, alias }: NodeFunction) => new HttpLambdaIntegration(pascalCase(name), alias);
