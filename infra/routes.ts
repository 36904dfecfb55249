import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { peopleThrottle, type Route } from './constructs/http-api.ts';
import type { doorsOfAgents } from './doors-of-agents.ts';
import type { doorsOfPeople } from './doors-of-people.ts';

type Doors = ReturnType<typeof doorsOfAgents> & ReturnType<typeof doorsOfPeople>;

/** Which function answers which path; `api` has everything else. */
export function routesTo(doors: Doors): Route[] {
  const { approvals, inbox, view, tasks, scim, decisions, media } = doors;
  const { streams, mcp, registry, bindings, scenarios, mesh, webhooks } = doors;
  return [
    ...forPeople(approvals, '/a/{proxy+}'),
    ...forPeople(inbox, ...within('/inbox'), ...within('/v1/sign-in'), ...within('/v1/sign-out')),
    ...forPeople(view, '/r/{proxy+}'),
    ...forPeople(decisions, ...within('/v1/decisions')),
    ...forPeople(scim, '/scim/v2/{proxy+}'),
    ...forPeople(media, '/files/{proxy+}'),
    ...to(media, '/v1/media/{proxy+}', ...within('/v1/intents/{id}/resume-state')),
    ...to(tasks, ...within('/v1/tasks'), ...within('/v1/inbox')),
    ...to(tasks, '/v1/me/{proxy+}', '/v1/approvals/{proxy+}', '/v1/directory/{proxy+}'),
    ...to(streams, ...within('/v1/intents/{id}/events/stream'), '/v1/agents/{proxy+}'),
    { path: '/v1/agents/{proxy+}', methods: [HttpMethod.PUT, HttpMethod.POST, HttpMethod.DELETE], to: bindings },
    ...to(bindings, '/v1/intents/{id}/deliveries/{proxy+}'),
    ...to(mcp, ...within('/mcp')),
    ...to(registry, ...within('/v1/openapi.json'), ...within('/v1/capabilities')),
    ...to(registry, ...within('/v1/service-accounts'), ...within('/v1/schemas')),
    // What is below `agents`, `streams` serves.
    ...to(registry, '/v1/users/{proxy+}', '/v1/invites/{proxy+}', '/v1/agents'),
    ...to(scenarios, '/v1/scenarios/{proxy+}'),
    ...to(mesh, '/v1/mesh/{proxy+}'),
    ...to(webhooks, '/v1/webhooks/{proxy+}'),
  ];
}

/** A path and all below it: also the path with a slash at its end, which no route of its own can have. */
const within = (path: string): string[] => [path, `${path}/{proxy+}`];

const to = (door: Route['to'], ...paths: string[]): Route[] => paths.map((path) => ({ path, to: door }));

const forPeople = (door: Route['to'], ...paths: string[]): Route[] =>
  to(door, ...paths).map((route) => ({ ...route, throttle: peopleThrottle }));
