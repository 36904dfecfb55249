/** Requests to the doors of the house, as they go over the wire and as API Gateway hands them to a function. */

import fc from 'fast-check';
import type { HttpEvent, Route } from '../../adapters/lambda/http.ts';
import { routeOf } from '../../wire/routes.ts';
import { decoded } from '../wire/contract.ts';
import { type Body, bodiesLike, valuesFor } from './bodies.ts';
import { hostileText, tricks } from './hostile.ts';

export interface Sent {
  method: string;
  /** As it stands in the request line: percent-encoded. */
  path: string;
  /** Without the question mark. */
  query: string;
  headers: [string, string][];
  body?: Body | undefined;
  /** Whether it carries a key that is good. */
  authorized: boolean;
  /** The route whose shape it was made from. */
  route: string;
}

/** What a fuzzed request may name. */
export interface Known {
  /** A good key. */
  key: string;
  /** Values that path parameters may have and that lead somewhere, own and others'. */
  ids: string[];
  /** Another tenant's key. */
  otherKey: string;
}

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;

const strangeIds = [
  ...[
    '..',
    '.',
    '%2e%2e',
    '%252e',
    '%00',
    '%',
    '%zz',
    '%ff%fe',
    '%2f',
    '%5c',
    '#',
    '%3f',
    '*',
    '~',
    '{id}',
    'null',
    '',
  ],
  ...['00000000-0000-0000-0000-000000000000', '00000000-0000-4000-8000-00000000000g', '0', '-1', 'head', 's%23head'],
  ...['x'.repeat(100), 'x'.repeat(2100), '%F0%9F%99%82'.repeat(90), 'e%CC%81', '%C3%A9'],
];

const idsFrom = ({ ids }: Known): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ids) },
    { weight: 2, arbitrary: fc.uuid() },
    { weight: 3, arbitrary: fc.constantFrom(...strangeIds, ...tricks.map(encodeURIComponent)) },
    // Keys of the tables, put together from what is known.
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...ids),
          fc.constantFrom('#', '/', '%23', '%2F', '%00', ' ', '%20', '.1', '#s#head', '%0a'),
        )
        .chain(([id, between]) =>
          fc.constantFrom(`${id}${between}`, `${between}${id}`, `${id}${between}${id}`, id.toUpperCase()),
        )
        .map((text) => text.replaceAll('#', '%23').replaceAll(' ', '%20')),
    },
    { weight: 2, arbitrary: hostileText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 3000)) },
  );

const pathTwists: ((path: string) => string)[] = [
  (path) => path.replaceAll('/', '//'),
  (path) => `${path}/`,
  (path) => `/.${path}`,
  (path) => `/x/..${path}`,
  (path) => `${path}/../..`,
  (path) => path.toUpperCase(),
  (path) => path.replace('intents', '%69ntents'),
  (path) => path.replace('/v1', '/v%31'),
  (path) => `${path};a=b`,
  (path) => `${path}%20`,
  (path) => `${path}%00`,
  (path) => path.slice(0, -1),
  () => '/',
  () => '/v1/intents/bulk-cancels',
  () => `/${'x/'.repeat(800)}`,
];

const asItIs = (path: string): string => path;

const pathsOf = ({ path }: Route, known: Known): fc.Arbitrary<string> =>
  fc
    .tuple(idsFrom(known), fc.oneof({ weight: 5, arbitrary: fc.constant(asItIs) }, fc.constantFrom(...pathTwists)))
    .map(([id, twist]) => twist(path.replace(/\{\w+\}/g, () => id)).replace(/^(?!\/)/, '/'));

const queries: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'since=0', 'since=1&limit=2', 'limit=1000') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[
        'since=-1',
        'since=1e9',
        'since=1e308',
        'since=0x10',
        'since=9007199254740993',
        'since=%20',
        'since=',
        'since',
      ],
      ...[
        'since=1&since=2',
        'since[]=1',
        'limit=0',
        'limit=1001',
        'limit=NaN',
        '__proto__=1',
        'constructor=1',
        '=',
        '&&&',
      ],
      ...[
        'since=%00',
        'since=%ff',
        'since=%D9%A3',
        'tenant=other/main',
        `since=${'9'.repeat(3000)}`,
        '%',
        'since=1;limit=2',
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: hostileText.map((text) => `since=${encodeURIComponent(text.toWellFormed()).slice(0, 2000)}`),
  },
);

/** A header's value may hold what Node lets through; the rest is tried on sockets. */
const headerText = hostileText.map((text) =>
  Buffer.from(text.toWellFormed())
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .slice(0, 2000),
);

const keys = (known: Known): fc.Arbitrary<{ headers: [string, string][]; authorized: boolean }> => {
  const [, , id = '', secret = ''] = /^(hp_sa)_([0-9a-f]{16})_(.*)$/.exec(known.key)?.slice(0) ?? [];
  const [, , otherId = ''] = /^(hp_sa)_([0-9a-f]{16})_/.exec(known.otherKey) ?? [];
  const good = fc.constantFrom<[string, string][]>(
    [['x-api-key', known.key]],
    [['X-API-Key', known.key]],
    [['authorization', `Bearer ${known.key}`]],
    [['authorization', `bearer ${known.key}`]],
  );
  const bad = fc.oneof(
    fc.constantFrom<[string, string][]>(
      [],
      [['x-api-key', '']],
      [['x-api-key', `hp_sa_${otherId}_${secret}`]],
      [['x-api-key', `hp_sa_${id}_${'A'.repeat(43)}`]],
      [['x-api-key', known.key.slice(0, -1)]],
      [['x-api-key', `${known.key}x`]],
      [['x-api-key', known.key.toUpperCase()]],
      [['x-api-key', known.key.replace(id, `${id}#`)]],
      [['x-api-key', `hp_sa_${'0'.repeat(16)}_${'A'.repeat(43)}`]],
      [['x-api-key', 'x'.repeat(4000)]],
      [
        ['x-api-key', known.key],
        ['x-api-key', known.otherKey],
      ],
      [
        ['x-api-key', 'wrong'],
        ['authorization', `Bearer ${known.key}`],
      ],
      [['authorization', known.key]],
      [['authorization', `Basic ${Buffer.from(known.key).toString('base64')}`]],
      [['cookie', `x-api-key=${known.key}`]],
    ),
    headerText.map((text): [string, string][] => [['x-api-key', text]]),
  );
  return fc.oneof(
    { weight: 5, arbitrary: good.map((headers) => ({ headers, authorized: true })) },
    { weight: 2, arbitrary: bad.map((headers) => ({ headers, authorized: false })) },
  );
};

const contentTypes = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<[string, string][]>([['content-type', 'application/json']]) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<[string, string][]>(
      [],
      [['content-type', '']],
      [['content-type', 'application/json; charset=utf-16']],
      [['content-type', 'application/json; charset=latin1']],
      [['content-type', 'text/plain']],
      [['content-type', 'application/x-www-form-urlencoded']],
      [['content-type', 'multipart/form-data; boundary=b']],
      [['content-type', 'application/octet-stream']],
      [['content-type', 'application/xml']],
      [['content-type', '{"a":1}']],
      [
        ['content-type', 'application/json'],
        ['content-type', 'text/html'],
      ],
      [
        ['content-type', 'application/json'],
        ['content-encoding', 'gzip'],
      ],
    ),
  },
);

const others: fc.Arbitrary<[string, string][]> = fc
  .record(
    {
      'idempotency-key': fc.oneof(fc.uuid(), headerText),
      'x-trace-id': fc.oneof(fc.constant('trace-of-mine'), headerText),
      accept: fc.constantFrom('application/problem+json', 'text/html', '*/*', 'application/problem+json;q=0'),
      'x-forwarded-for': fc.constantFrom('127.0.0.1', '::1', "' OR 1=1"),
      'x-forwarded-host': fc.constant('evil.example'),
      'x-owner-agent': fc.constant('agent://evil/evil/evil'),
      'x-http-method-override': fc.constantFrom('DELETE', 'POST'),
      origin: fc.constant('https://evil.example'),
      'x-amzn-trace-id': headerText,
    },
    { requiredKeys: [] },
  )
  .map((some) => Object.entries(some) as [string, string][]);

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'PURGE'];

/** Requests that look like those of a route: each part right more often than wrong. */
export function requestsLike(route: Route, known: Known, forms?: fc.Arbitrary<Body>): fc.Arbitrary<Sent> {
  const right = route.method === 'ANY' ? ['GET', 'POST'] : [route.method];
  const needsNothing = routeOf(route.method, route.path)?.body?.safeParse({}).success ?? false;
  const bodies = forms ?? bodiesLike(valuesFor[nameOf(route)] ?? fc.constant({}), needsNothing);
  const wantsBody = forms !== undefined || nameOf(route) in valuesFor;
  return fc
    .record({
      method: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...right) },
        { weight: 1, arbitrary: fc.constantFrom(...methods) },
      ),
      path: pathsOf(route, known),
      query: queries,
      key: keys(known),
      type: contentTypes,
      rest: fc.oneof({ weight: 2, arbitrary: fc.constant<[string, string][]>([]) }, { weight: 1, arbitrary: others }),
      body: wantsBody ? bodies : fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, bodies),
    })
    .map(({ method, path, query, key, type, rest, body }) => ({
      method,
      path,
      query,
      headers: [...key.headers, ...type, ...rest],
      // A GET with a body is legal and means nothing.
      body,
      authorized: key.authorized,
      route: nameOf(route),
    }));
}

/** What API Gateway gives a function as text; all else comes in base64. */
const asText = /^\s*(text\/[^;]*|application\/(json|xml|javascript))\s*(;|$)/i;

/** The event that API Gateway (HTTP API, payload 2.0) makes of a request. */
export function eventOf({ method, path, query, headers, body }: Sent, requestId = 'request-1'): HttpEvent {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]},${value}`;
  }
  const rawPath = decoded(path);
  const text = asText.test(joined['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    headers: joined,
    requestContext: { requestId, http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' } },
    isBase64Encoded: body !== undefined && !text,
    ...(body ? { body: body.bytes.toString(text ? 'utf8' : 'base64') } : {}),
  } as unknown as HttpEvent;
}
