/** The OpenAPI document, made from the routes and their schemas. `npm run openapi` writes it to docs/openapi.json. */

import * as z from 'zod';
import { errorBody, problemBody } from './error-answer.ts';
import { type Auth, pathIn, type RouteSpec, refusalsOf, routes } from './routes.ts';
import { apiVersion } from './version.ts';

type Schema = { [key: string]: unknown };

/** Each inner list: all of these together; the outer one: any of them. */
const securityOf: Record<Auth, Record<string, []>[]> = {
  none: [],
  key: [{ key: [] }, { keyAsBearer: [] }],
  session: [{ session: [] }],
  person: [{ session: [] }, { key: [] }, { keyAsBearer: [] }, { key: [], session: [] }],
  'key or person': [{ key: [] }, { keyAsBearer: [] }, { session: [] }, { key: [], session: [] }],
  'key and person': [{ key: [], session: [] }, { key: [] }, { keyAsBearer: [] }],
};

const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'x-api-key', description: "An agent's key." },
  keyAsBearer: { type: 'http', scheme: 'bearer', description: 'The same key as a bearer token.' },
  session: {
    type: 'http',
    scheme: 'bearer',
    description: "A person's session, from sign-in. Together with a key, the key says in which tenant.",
  },
};

const describes: Record<number, string> = {
  400: 'Query and header name two owners',
  401: 'No key or session, or none that is valid',
  403: 'A rule, a stop or a right says no',
  404: 'Not there, or of another tenant',
  409: 'Contradicts what is already committed',
  413: 'The body is too large',
  422: 'Does not fit; `details.field` says where',
  429: 'Too many requests',
  500: 'Our fault',
  503: 'Busy; trying again may work',
};

/** Headers of every answer. */
const headers = {
  'x-trace-id': { description: 'As it was sent, or made', schema: { type: 'string' } },
  'x-request-id': { schema: { type: 'string' } },
};

/** Of answers to keys, as draft-ietf-httpapi-ratelimit-headers has them. */
const rateHeaders = {
  RateLimit: {
    description: 'What the key may still ask here, and until when: `"key";r=118;t=34`',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': { description: 'What it may ask: `"key";q=120;w=60`', schema: { type: 'string' } },
};

const retryAfter = { description: 'Seconds until it is worth asking again', schema: { type: 'integer', minimum: 1 } };

/** Of streams: where no more requests are held. */
const streamHeaders = {
  'Retry-After': {
    ...retryAfter,
    description: 'Where nothing is held just now: seconds until it is worth asking again',
  },
};

const asksKey = ({ auth }: RouteSpec): boolean => auth !== 'none' && auth !== 'session';

const requestHeader = (name: string, description: string, schema: Schema) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

/** JSON Schema's own formats, which say enough; what else zod calls a format, its pattern says. */
const formats = new Set<unknown>(['date-time', 'email', 'uri', 'uuid']);

const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema[formats.has(jsonSchema.format) ? 'pattern' : 'format'];
    },
  }) as Schema;

/** A schema's inner definitions, as the components they become. */
const moved = (value: unknown, nameIn: ReadonlyMap<string, string>): Schema =>
  JSON.parse(
    JSON.stringify(value).replace(/"#\/\$defs\/(\w+)"/g, (_, key) => `"#/components/schemas/${nameIn.get(key)}"`),
  );

/** The component that a definition becomes: the same one for all that say the same. */
function sharedName(components: Record<string, Schema>, key: string, def: unknown): string {
  for (let n = 1; ; n += 1) {
    const name = `Shared${n}`;
    const known = components[name];
    if (known === undefined || JSON.stringify(known) === JSON.stringify(moved(def, new Map([[key, name]]))))
      return name;
  }
}

/** The whole document, OpenAPI 3.1. */
export function openApi() {
  const components: Record<string, Schema> = {};
  const schemaOf = (name: string, schema: z.ZodType, io: 'input' | 'output') => {
    const { $schema: _, $defs = {}, ...root } = jsonSchemaOf(schema, io);
    const nameIn = new Map<string, string>();
    for (const [key, def] of Object.entries($defs as Schema)) {
      const shared = sharedName(components, key, def);
      nameIn.set(key, shared);
      components[shared] ??= {};
    }
    for (const [key, def] of Object.entries($defs as Schema)) components[nameIn.get(key) ?? key] = moved(def, nameIn);
    components[name] = moved(root, nameIn);
    return { $ref: `#/components/schemas/${name}` };
  };
  const error = schemaOf('Error', errorBody, 'output');
  const problem = schemaOf('Problem', problemBody, 'output');
  const refusal = (status: number) => ({
    description: describes[status] ?? 'Refused',
    headers: status === 429 || status === 503 ? { ...headers, 'Retry-After': retryAfter } : headers,
    content: { 'application/json': { schema: error }, 'application/problem+json': { schema: problem } },
  });

  const operationOf = (route: RouteSpec) => {
    const name = route.operation.charAt(0).toUpperCase() + route.operation.slice(1);
    const body = route.body && schemaOf(`${name}Request`, route.body, 'input');
    return {
      operationId: route.operation,
      summary: route.summary,
      security: securityOf[route.auth],
      parameters: parametersOf(route),
      ...(body && { requestBody: { required: isNeeded(route), content: { 'application/json': { schema: body } } } }),
      responses: {
        200: {
          description: 'Done',
          headers: {
            ...headers,
            ...(asksKey(route) ? rateHeaders : {}),
            ...(route.streams ? streamHeaders : {}),
          },
          content: {
            [route.streams ? 'text/event-stream' : 'application/json']: {
              schema: schemaOf(`${name}Answer`, route.answer, 'output'),
            },
            ...(route.csv && { 'text/csv': { schema: { type: 'string' } } }),
          },
        },
        ...Object.fromEntries(
          refusalsOf(route).map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]),
        ),
      },
    };
  };
  // Said once: the document is served, and so stands in a function.
  const refused = [...new Set(routes.flatMap(refusalsOf))].sort((a, b) => a - b);
  const refusals = Object.fromEntries(refused.map((status) => [`Refused${status}`, refusal(status)]));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = pathIn(route);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdpoint',
      version: apiVersion,
      description: 'Durable intents with human approval. Field names are those of AXP.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { securitySchemes, responses: refusals, schemas: components },
  };
}

/** An empty body is an empty object. */
const isNeeded = ({ body }: RouteSpec): boolean => body?.safeParse({}).success === false;

/** A parameter without a value is as none at all. */
const notGiven = { const: '' };

function parametersOf({ parameters = {}, query, repeatable, fenced, owned, auth }: RouteSpec) {
  const inPath = Object.entries(parameters).map(([name, description]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  }));
  const shape = query ? jsonSchemaOf(query, 'input') : {};
  const needed = (shape.required ?? []) as string[];
  const properties = (shape.properties ?? {}) as Record<string, Schema>;
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: needed.includes(name),
    schema: needed.includes(name) ? schema : { anyOf: [schema, notGiven] },
  }));
  return [
    ...inPath,
    ...inQuery,
    ...(auth === 'none' ? [] : [requestHeader('x-trace-id', 'Goes through events and logs.', { type: 'string' })]),
    ...(repeatable
      ? [
          requestHeader('Idempotency-Key', 'Repeated: the same answer.', {
            type: 'string',
            minLength: 1,
            maxLength: 255,
          }),
        ]
      : []),
    ...(owned && properties.owner_agent
      ? [
          requestHeader('x-owner-agent', 'The same as owner_agent; both name one.', {
            anyOf: [properties.owner_agent, notGiven],
          }),
        ]
      : []),
    ...(fenced
      ? [requestHeader('X-Fencing-Token', 'Of the claim under which it is called.', { type: 'integer', minimum: 1 })]
      : []),
  ];
}
