/** The doors of the house under abuse: thousands of requests, made from the schemas and broken in every way we know. */

import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { HttpEvent } from '../../adapters/lambda/http.ts';
import { canonicalJson } from '../../core/json.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { type Answer, faultsOfApi, faultsOfPage, faultsOfText, taken } from '../abuse/answers.ts';
import { formsOn, valuesFor } from '../abuse/bodies.ts';
import { type Door, doorNames, openDoor } from '../abuse/doors.ts';
import { type Asked, faultsOfChain, untilAsked } from '../abuse/follow.ts';
import { house, newKey } from '../abuse/house.ts';
import { eventOf, type Known, nameOf, requestsLike, type Sent } from '../abuse/requests.ts';
import { timeout, tries } from '../abuse/tries.ts';
import { plain as asRead } from '../wire/contract.ts';

vi.mock('../../adapters/lambda/tables.ts', async (original) => ({
  ...(await original<object>()),
  openStore: (await import('../abuse/house.ts')).openHouse,
}));

const people = [
  { id: 'ada', name: 'Ada Example', mail: 'ada@example.com', roles: ['refunds', 'approvers'] },
  { id: 'ben', name: 'Ben Example', mail: 'ben@example.com', roles: ['refunds', 'approvers'] },
];
const tenant = 'acme/shop';
/** Stands in everything of the other tenant. */
const mark = 'belongs-to-the-other';

let api: Door;
let approvals: Door;
let view: Door;
let inbox: Door;
let tasks: Door;
let known: Known;
/** Requests that were taken, of those that could be. */
let accepted = 0;

const answerOf = async (door: Door, event: HttpEvent): Promise<Answer> => {
  const result = await door.handler(event, { getRemainingTimeInMillis: () => 30_000 });
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]);
  return { status: result.statusCode ?? 0, headers: Object.fromEntries(headers), body: result.body ?? '' };
};

const plain = (method: string, path: string, key: string, body?: object): Sent => ({
  method,
  path,
  query: '',
  headers: [
    ['x-api-key', key],
    ['content-type', 'application/json'],
  ],
  ...(body ? { body: { bytes: Buffer.from(JSON.stringify(body)), mustBeRefused: false } } : {}),
  authorized: true,
  route: '',
});

const submit = async (key: string, payload: object): Promise<string> => {
  const body = { intent_type: 'human_approval', payload };
  return JSON.parse((await answerOf(api, eventOf(plain('POST', '/v1/intents', key, body)))).body).intent_id;
};

beforeAll(async () => {
  api = await openDoor('api', people);
  approvals = await openDoor('approvals', people);
  view = await openDoor('view', people);
  Object.assign(process.env, { BASE_URL: 'https://holdpoint.example', OIDC_ISSUER: '' });
  inbox = await openDoor('inbox', people);
  tasks = await openDoor('tasks', people);
  const key = await newKey(tenant, 'bot');
  const otherKey = await newKey('other/main', 'bot');
  const ids = [await submit(key, { task: 'Mine?' }), await submit(otherKey, { task: mark })];
  known = { key, otherKey, ids };
});

describe('the doors', () => {
  it('are all tried, with every route of theirs', () => {
    // scim.test.ts tries that one, media.test.ts that of files, streams.test.ts those that hold a request, push.test.ts what bindings do, procedure.test.ts bundles, mcp.test.ts MCP's,
    // webhooks.test.ts and deployed/events.test.ts webhooks, deployed/registry.test.ts the registry, and deployed/mesh.test.ts the mesh.
    const others = [
      'bindings',
      'decisions',
      'mcp',
      'media',
      'mesh',
      'registry',
      'scenarios',
      'scim',
      'streams',
      'webhooks',
    ];
    expect(doorNames.sort()).toEqual(
      [api, approvals, inbox, tasks, view]
        .map(({ name }) => name)
        .concat(others)
        .sort(),
    );
    for (const route of api.routes) {
      if (!['GET', 'HEAD'].includes(route.method))
        expect(valuesFor, `what ${nameOf(route)} takes`).toHaveProperty([nameOf(route)]);
    }
    expect(approvals.routes.map(nameOf)).toEqual(['ANY /a/{link}']);
    expect(view.routes.map(nameOf)).toEqual(['ANY /r/{view}']);
  });
});

describe('the API', () => {
  it('answers whatever comes as it must, and what it refuses changes nothing', { timeout }, async () => {
    const whatever = fc.oneof(...api.routes.map((route) => requestsLike(route, known)));
    await fc.assert(
      fc.asyncProperty(whatever, async (sent) => {
        const before = house.writes;
        const answer = await answerOf(api, eventOf(sent));
        expect(faultsOfApi(sent, answer)).toEqual([]);
        expect(answer.body).not.toContain(mark);
        const writes = sent.method === 'POST' && taken(answer);
        if (!writes) expect(house.writes).toBe(before);
      }),
      tries(1500),
    );
  });

  it('keeps what it takes as it was sent, asks for exactly that, and the decision ends it', { timeout }, async () => {
    const route = api.routes.find((one) => nameOf(one) === 'POST /v1/intents');
    if (!route) throw new TypeError('intents are posted');
    const intents = valuesFor[nameOf(route)] as fc.Arbitrary<{ intent_type: string; payload: object }>;
    await fc.assert(
      fc.asyncProperty(intents, async (body) => {
        const answer = await answerOf(api, eventOf(plain('POST', '/v1/intents', known.key, body)));
        expect(faultsOfApi({ ...plain('POST', '/v1/intents', known.key, body), route: nameOf(route) }, answer)).toEqual(
          [],
        );
        if (!taken(answer)) return;
        accepted += 1;
        const id = JSON.parse(answer.body).intent_id as string;
        const read = await answerOf(api, eventOf(plain('GET', `/v1/intents/${id}`, known.key)));
        const wire = JSON.parse(JSON.stringify(body.payload)) as object;
        const meant = intentTypeOf(body.intent_type)?.payload.parse(wire);
        expect(canonicalJson(JSON.parse(read.body).intent.payload)).toBe(canonicalJson(meant));

        const ref = { tenant, intentId: id };
        const asked = await untilAsked(ref, people);
        if (asked) await decided(asked);
        expect(await faultsOfChain(ref)).toEqual([]);
      }),
      tries(300),
    );
    expect(accepted).toBeGreaterThan(50);
  });

  async function decided({ secrets, mails }: Asked): Promise<void> {
    for (const { subject, text, html } of mails) {
      expect(subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,140}$/u);
      expect([...faultsOfText(subject), ...faultsOfText(text), ...faultsOfText(html)]).toEqual([]);
      expect(text.length).toBeLessThan(20_000);
      expect(html.match(/<a\b/g)).toHaveLength(1);
    }
    const page = plain('GET', `/a/${secrets[0]}`, '');
    const shown = await answerOf(approvals, eventOf(page));
    expect(faultsOfPage(page, shown)).toEqual([]);
    const hash = /name="subject_hash" value="([0-9a-f]{64})"/.exec(shown.body)?.[1] ?? '';
    const chosen = `subject_hash=${hash}&outcome=rejected&comment=no`;
    const post = { ...plain('POST', page.path, ''), body: { bytes: Buffer.from(chosen), mustBeRefused: false } };
    const answer = await answerOf(approvals, eventOf(post));
    expect(faultsOfPage(post, answer)).toEqual([]);
    expect(answer.body).toContain('<h1>Decided: rejected</h1>');
  }
});

describe('the approver’s page', () => {
  it('answers whatever comes as it must; only a right form decides, and only once', { timeout }, async () => {
    const id = await submit(known.key, { task: 'Deploy?', '<b>': '\u202e<script>' });
    const asked = await untilAsked({ tenant, intentId: id }, people);
    const hash = (await house.store.load({ tenant, intentId: id }))?.task?.subjectHash ?? '';
    const route = approvals.routes[0];
    if (!route || !asked) throw new TypeError('somebody is asked');
    const links = { ...known, ids: [...asked.secrets, 'A'.repeat(43), id] };
    let decisions = 0;
    await fc.assert(
      fc.asyncProperty(requestsLike(route, links, formsOn(hash)), async (sent) => {
        const before = house.writes;
        const answer = await answerOf(approvals, eventOf(sent));
        expect(faultsOfPage(sent, answer)).toEqual([]);
        const mayDecide = sent.method === 'POST' && answer.status === 200 && sent.body?.mustBeRefused === false;
        if (!mayDecide) expect(house.writes).toBe(before);
        decisions += house.writes - before;
      }),
      tries(1000),
    );
    expect(decisions).toBe(1);
    expect(await faultsOfChain({ tenant, intentId: id })).toEqual([]);
  });
});

describe('the requester’s page', () => {
  it('answers whatever comes as it must, shows only what its link is for, and never changes anything', {
    timeout,
  }, async () => {
    const linkOf = async (key: string, id: string): Promise<string> => {
      const { intent } = JSON.parse((await answerOf(api, eventOf(plain('GET', `/v1/intents/${id}`, key)))).body);
      return new URL(intent.view_url, 'https://x').pathname.split('/').at(-1) ?? '';
    };
    const id = await submit(known.key, { task: '\u202e<script>' });
    await untilAsked({ tenant, intentId: id }, people);
    const own = await linkOf(known.key, id);
    const route = view.routes[0];
    if (!route) throw new TypeError('a page is shown');
    // Of another tenant: the same bytes but for its name.
    const forged = Buffer.concat([Buffer.from(own, 'base64url').subarray(0, 48), Buffer.from('other/main')]);
    const links = { ...known, ids: [own, forged.toString('base64url'), `${own.slice(0, -4)}AAAA`] };
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(requestsLike(route, links, formsOn('')), async (sent) => {
        const before = house.writes;
        const answer = await answerOf(view, eventOf(sent));
        expect(faultsOfPage({ ...sent, method: sent.method === 'POST' ? 'PUT' : sent.method }, answer)).toEqual([]);
        expect(answer.body).not.toContain(mark);
        expect(answer.body).not.toContain('<form');
        expect(house.writes).toBe(before);
        if (answer.status === 200) shown += 1;
        else expect([404, 405]).toContain(answer.status);
      }),
      tries(300),
    );
    expect(shown).toBeGreaterThan(0);
  });
});

describe('people’s doors by API, and agents’ inboxes', () => {
  it('take nothing of whoever brings no person, and answer as they must', { timeout }, async () => {
    const whatever = fc.oneof(...tasks.routes.map((route) => requestsLike(route, known)));
    await fc.assert(
      fc.asyncProperty(whatever, async (sent) => {
        const before = house.writes;
        const answer = await answerOf(tasks, eventOf(sent));
        expect(faultsOfApi(sent, answer)).toEqual([]);
        // These an agent opens by its key alone.
        if (!/\/(recall|people|people\/\{id\})$|\/v1\/inbox/.test(sent.route))
          expect([401, 404, 405, 413, 422]).toContain(answer.status);
        expect(house.writes).toBe(before);
      }),
      tries(500),
    );
  });
});

describe('the pages behind a sign-in, and signing in by API', () => {
  it('lead whoever has not signed in to where they can, and take no form of another site', { timeout }, async () => {
    const whatever = fc.oneof(...inbox.routes.map((route) => requestsLike(route, known)));
    const byApi = inbox.routes.map(({ path }) => path).filter((path) => path.startsWith('/v1/'));
    await fc.assert(
      fc.asyncProperty(whatever, async (sent) => {
        const answer = await answerOf(inbox, eventOf(sent));
        const path = asRead(sent.path);
        if (byApi.includes(path)) {
          expect(faultsOfApi(sent, answer)).toEqual([]);
          expect([401, 404, 405, 413, 422]).toContain(answer.status);
        } else if (path.startsWith('/v1/')) expect([404, 405]).toContain(answer.status);
        else {
          expect(faultsOfPage(sent, answer)).toEqual([]);
          if (sent.method === 'POST') expect([403, 404, 405]).toContain(answer.status);
        }
      }),
      tries(500),
    );
  });
});

/** One example of each fault that the tries above have found, so that they stay found. */
describe('what was found', () => {
  const post = (text: string | Buffer, type = 'application/json') => {
    const body = { bytes: Buffer.from(text as string), mustBeRefused: true };
    const sent = { ...plain('POST', '/v1/intents', known.key), body };
    sent.headers = [
      ['x-api-key', known.key],
      ['content-type', type],
    ];
    return answerOf(api, eventOf(sent));
  };
  const intent = (payload: string) => `{"intent_type":"human_approval","payload":${payload}}`;

  it.each<[string, string | Buffer, number, string]>([
    ['a field that comes twice', intent('{"a":1,"a":2}'), 422, 'payload.a'],
    ['a field that comes twice, once in escapes', intent('{"a":1,"\\u0061":2}'), 422, 'payload.a'],
    ['a whole number that would be another', intent('{"n":9007199254740993}'), 422, 'payload.n'],
    ['a number beyond all', intent('{"n":1e999}'), 422, 'payload.n'],
    ['numbers that grow when they are kept', intent(`{"n":[${'1e20,'.repeat(26_000)}1]}`), 413, ''],
  ])('%s is refused, by its path', async (_what, text, status, field) => {
    const answer = await post(text);
    expect([answer.status, JSON.parse(answer.body).error.details.field ?? '']).toEqual([status, field]);
  });

  it('bytes that are no UTF-8 are refused rather than replaced', async () => {
    const broken = Buffer.concat([
      Buffer.from('{"intent_type":"human_approval","payload":{"a":"'),
      Buffer.from([0xc3, 0x28]),
    ]);
    const answer = await post(Buffer.concat([broken, Buffer.from('"}}')]), 'application/octet-stream');
    expect([answer.status, JSON.parse(answer.body).message]).toEqual([422, 'The body is not UTF-8.']);
  });

  it('an id longer than a key of the table can be is one that is not there', async () => {
    const answer = await answerOf(api, eventOf(plain('GET', `/v1/intents/${'x'.repeat(2100)}`, known.key)));
    expect(answer.status).toBe(404);
  });

  async function waiting() {
    const ref = { tenant, intentId: await submit(known.key, { task: 'Deploy?' }) };
    const asked = await untilAsked(ref, people);
    const hash = (await house.store.load(ref))?.task?.subjectHash;
    const decide = (form: string) => {
      const sent = {
        ...plain('POST', `/a/${asked?.secrets[0]}`, ''),
        body: { bytes: Buffer.from(form), mustBeRefused: false },
      };
      return answerOf(approvals, eventOf(sent));
    };
    return { hash, decide, path: `/a/${asked?.secrets[0]}` };
  }

  it('a form that says two outcomes, or two hashes, decides nothing', async () => {
    const { hash, decide } = await waiting();
    expect((await decide(`subject_hash=${hash}&outcome=approved&outcome=rejected&comment=x`)).status).toBe(422);
    expect((await decide(`subject_hash=${hash}&subject_hash=0&outcome=approved`)).status).toBe(409);
    expect((await decide(`subject_hash=${hash}&outcome=approved`)).body).toContain('<h1>Decided: approved</h1>');
  });

  it('the longest comment is taken in every script', async () => {
    const { hash, decide } = await waiting();
    const comment = encodeURIComponent('😀'.repeat(2000));
    expect((await decide(`subject_hash=${hash}&outcome=rejected&comment=${comment}0`)).status).toBe(422);
    expect((await decide(`subject_hash=${hash}&outcome=rejected&comment=${comment}`)).status).toBe(200);
  });

  it('a method that is not ours is answered by a page with the headers of one', async () => {
    const { path } = await waiting();
    for (const method of ['PUT', 'OPTIONS']) {
      const sent = plain(method, path, '');
      const answer = await answerOf(approvals, eventOf(sent));
      expect(faultsOfPage(sent, answer)).toEqual([]);
      expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS, POST');
    }
  });
});
