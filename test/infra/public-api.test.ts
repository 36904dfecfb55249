import { beforeAll, describe, expect, it } from 'vitest';
import { doorNames, openDoor } from '../abuse/doors.ts';
import { type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
let stage: Resource;

beforeAll(async () => {
  ({ templates } = await synthesize());
  stage = resourcesOf(templates, 'AWS::ApiGatewayV2::Stage')[0] as Resource;
});

describe('the public API', () => {
  it('has one catch-all route per function, and one for what is changed of an agent', () => {
    const routes = resourcesOf(templates, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);
    expect(routes.sort()).toEqual([
      '$default',
      'ANY /a/{proxy+}',
      'ANY /files/{proxy+}',
      'ANY /inbox',
      'ANY /inbox/{proxy+}',
      'ANY /mcp',
      'ANY /mcp/{proxy+}',
      'ANY /r/{proxy+}',
      'ANY /scim/v2/{proxy+}',
      'ANY /v1/agents',
      'ANY /v1/agents/{proxy+}',
      'ANY /v1/approvals/{proxy+}',
      'ANY /v1/capabilities',
      'ANY /v1/capabilities/{proxy+}',
      'ANY /v1/decisions',
      'ANY /v1/decisions/{proxy+}',
      'ANY /v1/directory/{proxy+}',
      'ANY /v1/inbox',
      'ANY /v1/inbox/{proxy+}',
      'ANY /v1/intents/{id}/deliveries/{proxy+}',
      'ANY /v1/intents/{id}/events/stream',
      'ANY /v1/intents/{id}/events/stream/{proxy+}',
      'ANY /v1/intents/{id}/resume-state',
      'ANY /v1/intents/{id}/resume-state/{proxy+}',
      'ANY /v1/invites/{proxy+}',
      'ANY /v1/me/{proxy+}',
      'ANY /v1/media/{proxy+}',
      'ANY /v1/mesh/{proxy+}',
      'ANY /v1/openapi.json',
      'ANY /v1/openapi.json/{proxy+}',
      'ANY /v1/scenarios/{proxy+}',
      'ANY /v1/schemas',
      'ANY /v1/schemas/{proxy+}',
      'ANY /v1/service-accounts',
      'ANY /v1/service-accounts/{proxy+}',
      'ANY /v1/sign-in',
      'ANY /v1/sign-in/{proxy+}',
      'ANY /v1/sign-out',
      'ANY /v1/sign-out/{proxy+}',
      'ANY /v1/tasks',
      'ANY /v1/tasks/{proxy+}',
      'ANY /v1/users/{proxy+}',
      'ANY /v1/webhooks/{proxy+}',
      'DELETE /v1/agents/{proxy+}',
      'POST /v1/agents/{proxy+}',
      'PUT /v1/agents/{proxy+}',
    ]);
  });

  /** Name of the function behind an integration. */
  const functionOf = ({ Properties }: Pick<Resource, 'Properties'>): string => {
    const byId = Object.assign({}, ...templates.map(({ Resources }) => Resources)) as Record<string, Resource>;
    const alias = byId[Properties.IntegrationUri.Ref];
    return byId[alias?.Properties.FunctionName.Ref]?.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;
  };

  it('leads each route of a function to that function, also with a slash at its end', async () => {
    const integrations = new Map(
      resourcesOf(templates, 'AWS::ApiGatewayV2::Integration').map((one) => [one.id, functionOf(one)]),
    );
    const ways = resourcesOf(templates, 'AWS::ApiGatewayV2::Route').map(({ Properties: { RouteKey, Target } }) => ({
      method: RouteKey.includes(' ') ? (RouteKey.split(' ')[0] as string) : 'ANY',
      path: (RouteKey as string).replace(/^[A-Z]+ /, ''),
      to: integrations.get(Target['Fn::Join'][1].find((part: { Ref?: string }) => part.Ref)?.Ref),
    }));
    // As API Gateway chooses: the path itself, else the longest that it begins with, else the default; of two, the one with the method.
    const behind = (method: string, path: string) => {
      const open = ways
        .filter((way) => way.method === 'ANY' || way.method === method || method === 'ANY')
        .sort((a, b) => Number(a.method === 'ANY') - Number(b.method === 'ANY'));
      return (
        open.find((way) => way.path === path) ??
        open
          .filter((way) => way.path.endsWith('/{proxy+}') && path.startsWith(way.path.slice(0, -'{proxy+}'.length)))
          .sort((a, b) => b.path.length - a.path.length)[0] ??
        open.find((way) => way.path === '$default')
      )?.to;
    };
    Object.assign(process.env, {
      BASE_URL: 'https://holdpoint.example',
      OIDC_ISSUER: '',
      HELD: '1',
      LOCAL_RECEIVERS: '',
    });
    const ada = { id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: [] };
    for (const name of doorNames)
      for (const { method, path } of (await openDoor(name, [ada])).routes) {
        expect(behind(method, path), `${method} ${path}`).toBe(name);
        // Below it are the agents, with whom the list is served too.
        const slashed = path === '/v1/agents' ? 'streams' : name;
        expect(behind(method, `${path}/`), `${method} ${path}/`).toBe(slashed);
      }
  });

  it('leads to the functions that the fuzz tries, and there is no other way in', () => {
    const behind = resourcesOf(templates, 'AWS::ApiGatewayV2::Integration').map(functionOf);
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
      'ANY /v1/decisions/{proxy+}',
      'ANY /v1/sign-in',
      'ANY /v1/sign-in/{proxy+}',
      'ANY /v1/sign-out',
      'ANY /v1/sign-out/{proxy+}',
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
