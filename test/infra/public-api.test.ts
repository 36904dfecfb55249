import { beforeAll, describe, expect, it } from 'vitest';
import { doorNames } from '../abuse/doors.ts';
import { type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let stage: Resource;

beforeAll(async () => {
  ({ templates } = await synthesize());
  stage = resourcesOf(templates, 'AWS::ApiGatewayV2::Stage')[0] as Resource;
});

describe('the public API', () => {
  it('has one catch-all route per function', () => {
    const routes = resourcesOf(templates, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);
    expect(routes.sort()).toEqual([
      '$default',
      'ANY /a/{proxy+}',
      'ANY /files/{proxy+}',
      'ANY /inbox',
      'ANY /inbox/{proxy+}',
      'ANY /r/{proxy+}',
      'ANY /scim/v2/{proxy+}',
      'ANY /v1/approvals/{proxy+}',
      'ANY /v1/decisions',
      'ANY /v1/directory/{proxy+}',
      'ANY /v1/inbox/{proxy+}',
      'ANY /v1/me/{proxy+}',
      'ANY /v1/media/{proxy+}',
      'ANY /v1/sign-in',
      'ANY /v1/sign-in/{proxy+}',
      'ANY /v1/sign-out',
      'ANY /v1/tasks',
      'ANY /v1/tasks/{proxy+}',
    ]);
  });

  it('leads to the functions that the fuzz tries, and there is no other way in', () => {
    const byId = Object.assign({}, ...templates.map(({ Resources }) => Resources)) as Record<string, Resource>;
    const behind = resourcesOf(templates, 'AWS::ApiGatewayV2::Integration').map(({ Properties }) => {
      const alias = byId[Properties.IntegrationUri.Ref];
      return byId[alias?.Properties.FunctionName.Ref]?.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;
    });
    expect([...new Set(behind)].sort()).toEqual(doorNames.sort());
    for (const type of ['AWS::Lambda::Url', 'AWS::ApiGateway::RestApi', 'AWS::ElasticLoadBalancingV2::LoadBalancer'])
      expect(resourcesOf(templates, type)).toEqual([]);
    expect(resourcesOf(templates, 'AWS::ApiGatewayV2::Api')).toHaveLength(1);
  });

  it('rule 25: writes JSON access logs that can not hold a link', () => {
    const format = stage.Properties.AccessLogSettings.Format;
    const variables = Object.values(JSON.parse(format)).map(String);
    const allowed = [
      '$context.requestId',
      '$context.requestTime',
      '$context.routeKey',
      '$context.status',
      '$context.responseLatency',
      '$context.integrationStatus',
      '$context.integrationLatency',
      '$context.integrationErrorMessage',
      '$context.error.message',
    ];
    expect(variables.filter((variable) => !allowed.includes(variable))).toEqual([]);
    expect(format).not.toMatch(/path|protocol|querystring|identity/i);
  });

  it('rule 21: limits the rate, and that of links and codes more', () => {
    const { DefaultRouteSettings: all, RouteSettings: routes } = stage.Properties;
    expect(Object.keys(routes).sort()).toEqual([
      'ANY /a/{proxy+}',
      'ANY /files/{proxy+}',
      'ANY /inbox',
      'ANY /inbox/{proxy+}',
      'ANY /r/{proxy+}',
      'ANY /scim/v2/{proxy+}',
      'ANY /v1/decisions',
      'ANY /v1/sign-in',
      'ANY /v1/sign-in/{proxy+}',
      'ANY /v1/sign-out',
    ]);
    for (const [key, limit] of Object.entries<typeof all>(routes)) {
      expect(all.ThrottlingRateLimit).toBeGreaterThan(limit.ThrottlingRateLimit);
      expect(all.ThrottlingBurstLimit).toBeGreaterThan(limit.ThrottlingBurstLimit);
      expect(limit.ThrottlingRateLimit).toBeGreaterThan(0);
      // API Gateway refuses settings for a route that isn't there yet.
      const route = resourcesOf(templates, 'AWS::ApiGatewayV2::Route').find(
        ({ Properties }) => Properties.RouteKey === key,
      );
      expect(stage.DependsOn).toContain(route?.id);
    }
  });

  it('serves no other origin', () => {
    expect(resourcesOf(templates, 'AWS::ApiGatewayV2::Api')[0]?.Properties.CorsConfiguration).toBeUndefined();
  });
});
