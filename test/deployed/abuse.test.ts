/** The deployed stack under abuse, from outside: what is refused changes nothing, and no tenant reaches another. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { liftStop, setStop } from '../../adapters/stops.ts';
import { canonicalJson } from '../../core/json.ts';
import { type Answer, faultsOfApi, faultsOfMarkup, faultsOfPage, faultsOfText, taken } from '../abuse/answers.ts';
import { formsOn, valuesFor } from '../abuse/bodies.ts';
import { type Door, doorNames, openDoor, showsPages } from '../abuse/doors.ts';
import { tricks } from '../abuse/hostile.ts';
import { eventOf, type Known, nameOf, requestsLike, type Sent } from '../abuse/requests.ts';
import { sample, timeout } from '../abuse/tries.ts';
import { heard, openSocket, send } from '../abuse/wire.ts';
import { holdpoint } from '../clients/holdpoint.ts';
import { keyFor } from './people.ts';
import { camera, changedOwners, type Snapshot, still } from './snapshot.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  dynamo,
  expectChain,
  invoke,
  lifting,
  linkFor,
  mailsFor,
  newAgent,
  rows,
  stack,
  tables,
} from './world.ts';

let mine: Agent;
let theirs: Agent;
/** Intents that wait for a person, one of each tenant. */
let own: string;
let foreign: string;
let ownLink: string;
let ownView: string;
let foreignLink: string;
let doors: Record<string, Door>;
let snapshot: () => Promise<Snapshot>;

const mark = 'belongs-to-the-other';
const secretOf = (link: string): string => link.split('/').at(-1) ?? '';
const ownerOf = (agent: Agent, id: string): string => `${agent.tenant}#${id}`;

beforeAll(async () => {
  snapshot = await camera();
  mine = await newAgent();
  theirs = await newAgent();
  own = await mine.submit(approvalIntent());
  foreign = await theirs.submit(approvalIntent({ task: mark }));
  ownLink = await linkFor(mine, own);
  ownView = (await mine.get(own)).view_url;
  foreignLink = await linkFor(theirs, foreign);
  const people = [{ id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: [] }];
  // These have tests of their own: an identity provider and MCP's clients speak other protocols, files go to where they are kept,
  // streams wait, auditors refuse every agent, bundles are tried in functions/procedure.test.ts, bindings change what
  // no intent has, and the mesh would stop who asks.
  const others = ['scim', 'media', 'registry', 'streams', 'decisions', 'mcp', 'scenarios', 'bindings', 'mesh'];
  const tried = doorNames.filter((name) => !others.includes(name));
  Object.assign(process.env, { BASE_URL: stack.baseUrl, OIDC_ISSUER: '' });
  doors = Object.fromEntries(await Promise.all(tried.map(async (name) => [name, await openDoor(name, people)])));
});

const known = (): Known => ({ key: mine.key, otherKey: theirs.key, ids: [own, foreign] });

/** Requests to every door that there is. */
function requestsToAll(hash: string): fc.Arbitrary<{ door: string; sent: Sent }> {
  const links = { ...known(), ids: [secretOf(ownLink), secretOf(ownView), 'A'.repeat(43), own] };
  const all = Object.values(doors).flatMap(({ name, routes }) =>
    routes.map((route) =>
      (showsPages(name) ? requestsLike(route, links, formsOn(hash)) : requestsLike(route, known())).map((sent) => ({
        door: name,
        sent,
      })),
    ),
  );
  return fc.oneof(...all);
}

const hashOf = async (agent: Agent, id: string): Promise<string> =>
  (await rows(agent, id, 's#task'))[0]?.subjectHash ?? '';

/** Whether our function answered, and not what stands before it. */
const byOurs = ({ headers }: Answer): boolean => 'x-request-id' in headers;

/**
 * Sends it through the front; where the front itself fails on it, the function is asked directly, as API Gateway would.
 * Which door answers a path is the front's to say: pages are known by their type.
 */
async function ask(door: string, sent: Sent): Promise<{ answer: Answer; faults: string[] }> {
  const through = await send(stack.baseUrl, sent).catch((error: Error) => error);
  if (!(through instanceof Error) && byOurs(through)) {
    const isPage = 'content-security-policy' in through.headers;
    const faults = (isPage ? faultsOfPage : faultsOfApi)(sent, through);
    // A slash too much, where another function than `api` answers, is no route of API Gateway's (docs/axp.md).
    const isNoRoute = door !== 'api' && sent.path.includes('//') && through.status === 404;
    return { answer: through, faults: faults.filter((fault) => !(isNoRoute && fault.includes('not documented'))) };
  }
  const why = through instanceof Error ? through.message : `answer ${through.status} of the front`;
  passedBy.set(why, (passedBy.get(why) ?? 0) + 1);
  const { value, error } = await invoke(door, eventOf(sent, randomUUID()));
  expect(error, `${sent.method} ${sent.path}`).toBeUndefined();
  const answer = { status: value.statusCode, headers: value.headers, body: value.body ?? '' };
  return { answer, faults: (showsPages(door) ? faultsOfPage : faultsOfApi)(sent, answer) };
}

/** What the front could not carry, and how often. */
const passedBy = new Map<string, number>();

/** Runs them, a few at a time. */
async function inTurns<T>(items: T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
    }),
  );
}

const told = (sent: Sent, { status, body }: Answer) =>
  `${sent.method} ${sent.path.slice(0, 200)}?${sent.query.slice(0, 100)} ${sent.body?.bytes.toString().slice(0, 300)} → ${status} ${body.slice(0, 300)}`;

describe('every door', () => {
  const canOnlyBeRefused = ({ sent }: { sent: Sent }): boolean =>
    sent.method !== 'POST' ||
    sent.body === undefined ||
    sent.body.mustBeRefused ||
    (!sent.authorized && !sent.route.startsWith('ANY'));

  it('refuses what must be refused, as it must, and nothing at all is changed', { timeout }, async () => {
    const before = await still(snapshot);
    const complaints: string[] = [];
    const requests = sample(requestsToAll(await hashOf(mine, own)).filter(canOnlyBeRefused), 500);
    await inTurns(requests, async ({ door, sent }) => {
      const { answer, faults } = await ask(door, sent);
      if (answer.body.includes(mark)) faults.push('tells of another tenant');
      complaints.push(...faults.map((fault) => `${fault}: ${told(sent, answer)}`));
    });
    expect(complaints).toEqual([]);
    const direct = [...passedBy.values()].reduce((sum, times) => sum + times, 0);
    console.info(
      `abuse: ${requests.length} requests, ${direct} to the function directly:`,
      Object.fromEntries(passedBy),
    );
    expect(direct).toBeLessThan(requests.length / 4);
    expect(await still(snapshot)).toEqual(before);
  });

  /** A reminder that comes by itself would look like a change by what is refused later. */
  const keepsStill = ({ body }: Sent): boolean => !body?.bytes.includes('remind_');

  /** Of an intent that was taken in, or answered. */
  const idIn = (answer: { intent_id?: string; intent?: { intent_id: string } }): string =>
    answer.intent_id ?? answer.intent?.intent_id ?? '';

  it('takes what is right, and changes only the intents that it took', { timeout }, async () => {
    const before = await still(snapshot);
    const complaints: string[] = [];
    const accepted: { id: string; sent: Sent }[] = [];
    // Withdrawing many at once is meant to change others: functions/bulk-cancel.test.ts.
    const posting =
      doors.api?.routes.filter((route) => nameOf(route) in valuesFor && !route.path.endsWith('/bulk-cancel')) ?? [];
    const like = (some: typeof posting) => fc.oneof(...some.map((route) => requestsLike(route, known())));
    // What answers an intent is seldom taken: most of them don't wait for it.
    const asking = posting.filter((route) => nameOf(route) === 'POST /v1/intents');
    const both = fc.oneof(like(asking), like(posting));
    const requests = sample(both.filter(keepsStill), 300);
    await inTurns(requests, async (sent) => {
      const { answer, faults } = await ask('api', sent);
      complaints.push(...faults.map((fault) => `${fault}: ${told(sent, answer)}`));
      if (sent.method === 'POST' && taken(answer)) accepted.push({ id: idIn(JSON.parse(answer.body)), sent });
    });
    expect(complaints).toEqual([]);
    expect(accepted.length).toBeGreaterThan(5);
    const after = await still(snapshot);
    const mayChange = new Set(accepted.map(({ id }) => ownerOf(mine, id)));
    const changed = changedOwners(before, after);
    expect(changed).toEqual(expect.arrayContaining([...mayChange]));
    const others = changed.filter((owner) => !mayChange.has(owner));
    const keys = others.filter((owner) => owner.startsWith(`${mine.tenant}#idempotency#`));
    expect(others).toEqual(keys);
    expect(keys.length).toBeLessThanOrEqual(accepted.length);
    expect(after.mails - before.mails).toBeLessThanOrEqual(2 * accepted.length);
    for (const { id, sent } of accepted) {
      const { payload } = JSON.parse(sent.body?.bytes.toString() ?? '{}') as { payload?: object };
      const intent = await mine.get(id);
      // Of what was answered only, the body is the answer.
      if (intent.intent_type === 'intent.approval.v1' && payload !== undefined)
        expect(canonicalJson(intent.payload)).toBe(canonicalJson(payload));
      await expectChain(mine, id);
    }
  });
});

describe('what an approver reads', () => {
  it('is what the agent wrote, with nothing hidden, and the decision on it ends the intent', async () => {
    const payload = Object.fromEntries(tricks.map((trick, i) => [`${i} ${trick}`, trick.toWellFormed()]));
    for (const title of tricks.slice(0, 6)) {
      const asked = {
        ...approvalIntent({ task: title, ...payload }),
        human_task: { title, description: `${title}\r\nBcc: x` },
      };
      const id = await mine.submit(asked);
      for (const { subject, text, html } of await mailsFor(mine, id)) {
        expect(subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]+: decision needed$/u);
        expect([subject, text, html].flatMap(faultsOfText)).toEqual([]);
        expect(text).not.toMatch(/^Bcc:/m);
      }
      const link = await linkFor(mine, id);
      expect(faultsOfMarkup(await (await fetch(link)).text())).toEqual([]);
      const decided = await decide(link, 'approved', title);
      expect([decided.status, faultsOfMarkup(decided.page)]).toEqual([200, []]);
      expect((await mine.reaches(id, 'COMPLETED')).result.task_result.comment).toBe(title.trim());
      expect((await mine.get(id)).payload).toEqual(asked.payload);
      await expectChain(mine, id);
    }
  });
});

describe('two tenants', () => {
  const shape = (answer: { status: number; body: Record<string, unknown> }) => ({
    status: answer.status,
    body: { ...answer.body, error: { ...(answer.body.error as object), at: '' } },
  });

  /** Right, so that the id is what is wrong. */
  const bodyFor = (path: string): { body?: object } => {
    if (path.endsWith('/resolve')) return { body: { status: 'CANCELED', reason: 'not needed' } };
    if (path.endsWith('/controls')) return { body: { controls_patch: { timeout_seconds: 60 } } };
    if (path.endsWith('/policy')) return { body: { envelope_patch: { max_reminders: 1 } } };
    if (path.endsWith('/claim')) return { body: { claimant: 'worker', lease_seconds: 60 } };
    return {};
  };

  it('every route with the other’s id answers as with one that never was, and nothing changes', async () => {
    const before = await still(snapshot);
    const routes = doors.api?.routes ?? [];
    const withIds = routes.filter(({ path }) => path.includes('{'));
    expect(withIds.length).toBeGreaterThan(0);
    // Two of them take a query of their own, and no other.
    for (const { method, path } of withIds)
      for (const query of /(controls|policy)$/.test(path) ? [''] : ['', '?since=0', '?since=1&limit=1']) {
        const answers = [];
        for (const id of [
          foreign,
          randomUUID(),
          `${own}%23s`,
          `..%2F${foreign}`,
          encodeURIComponent(ownerOf(theirs, foreign)),
        ])
          answers.push(shape(await mine.call(method, path.replace(/\{\w+\}/, id) + query, bodyFor(path))));
        expect(answers[0], `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not_found' } });
        // An id with a slash is no route at all, and says so.
        for (const answer of answers.slice(1, 3)) expect(answer).toEqual(answers[0]);
        for (const answer of answers) expect(answer.status).toBe(404);
      }
    expect(await still(snapshot)).toEqual(before);
  });

  it('every door of people’s with the other’s id answers as with one that never was, and nothing changes', async () => {
    const asAda = await keyFor(mine.tenant, 'ada');
    const before = await still(snapshot);
    const withIds = (doors.tasks?.routes ?? []).filter(({ path }) => path.includes('{'));
    expect(withIds.length).toBeGreaterThan(5);
    for (const { method, path } of withIds)
      for (const suffix of ['', '.1']) {
        const ask = async (id: string) =>
          shape(
            await mine.call(method, path.replace(/\{\w+\}/, `${id}${suffix}`), {
              headers: asAda,
              ...(method === 'GET' ? {} : { body: {} }),
            }),
          );
        const [theirsIs, none] = [await ask(foreign), await ask(randomUUID())];
        expect(theirsIs, `${method} ${path}`).toEqual(none);
        expect([404, 422]).toContain(none.status);
      }
    expect(await still(snapshot)).toEqual(before);
  });

  it('a key’s id with another key’s secret opens nothing', async () => {
    const [, , id = ''] = theirs.key.split('_');
    const mixed = mine.key.replace(/^hp_sa_[0-9a-f]{16}/, `hp_sa_${id}`);
    const answer = await mine.call('GET', `/v1/intents/${foreign}`, { headers: { 'x-api-key': mixed } });
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_platform_api_key']);
  });

  it('the same Idempotency-Key in both stands for two intents, also with other bodies', async () => {
    const key = randomUUID();
    const [a, b] = [
      await mine.submit(approvalIntent({ n: 1 }), key),
      await theirs.submit(approvalIntent({ n: 2 }), key),
    ];
    expect(a).not.toBe(b);
    expect(await mine.submit(approvalIntent({ n: 1 }), key)).toBe(a);
    expect((await theirs.get(b)).payload).toEqual({ n: 2 });
  });

  it('a link decides its own task, whatever hash or id of another’s the form holds', async () => {
    const before = await still(snapshot);
    const form = {
      subject_hash: await hashOf(theirs, foreign),
      outcome: 'approved',
      intent_id: foreign,
      tenant: theirs.tenant,
    };
    const posted = await fetch(ownLink, { method: 'POST', body: new URLSearchParams(form) });
    expect(posted.status).toBe(409);
    for (const path of [`/a/${secretOf(foreignLink)}/..`, `/a/${secretOf(ownLink)}%2F${secretOf(foreignLink)}`])
      expect((await fetch(stack.baseUrl + path, { method: 'POST', body: new URLSearchParams(form) })).status).toBe(404);
    expect(await still(snapshot)).toEqual(before);
  });

  it('two agents of one tenant read the same intents; each has its own Idempotency-Keys', async () => {
    const colleague = await newAgent(mine.tenant, 'colleague');
    expect((await colleague.get(own)).from_agent).toBe(mine.address);
    const key = randomUUID();
    expect(await colleague.submit(approvalIntent(), key)).not.toBe(await mine.submit(approvalIntent(), key));
  });

  it('a stop on one holds back nobody of the other', async () => {
    const stop = { by: 'operator', reason: 'test', at: new Date().toISOString() };
    const targets = [
      { kind: 'tenant', id: theirs.tenant },
      { kind: 'agent', id: theirs.address },
    ] as const;
    for (const target of targets) await setStop(dynamo, tables, target, stop);
    try {
      expect((await theirs.call('POST', '/v1/intents', { body: approvalIntent() })).status).toBe(403);
      expect((await mine.call('POST', '/v1/intents', { body: approvalIntent() })).status).toBe(200);
    } finally {
      for (const target of targets) await liftStop(dynamo, tables, target, lifting());
    }
  });

  it('an audit chain is found by its own tenant only', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'holdpoint-abuse-'));
    const { emulatorUrl, region } = stack;
    writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl, region }));
    const verify = (tenant: string) => holdpoint(['audit', 'verify', foreign, '--tenant', tenant, '--local', dir]);
    try {
      expect((await verify(theirs.tenant)).code).toBe(0);
      const other = await verify(mine.tenant);
      expect(other.code).not.toBe(0);
      expect(other.stdout + other.stderr).not.toContain(mark);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe('on the socket', () => {
  const head = (lines: string[]) =>
    `POST /v1/intents HTTP/1.1\r\nHost: x\r\nx-api-key: ${mine.key}\r\n${lines.join('\r\n')}\r\n\r\n`;
  const intent = JSON.stringify(approvalIntent());

  it('bodies that trickle or never end keep nobody waiting', async () => {
    const before = await still(snapshot);
    const slow = await Promise.all(Array.from({ length: 20 }, () => openSocket(stack.baseUrl)));
    try {
      slow.forEach((socket, i) => {
        socket.on('error', () => undefined);
        if (i % 3 === 0) socket.write('POST /v1/intents HTTP/1.1\r\nHost: x\r\nx-api-');
        else socket.write(head(['Content-Type: application/json', 'Content-Length: 100000']) + intent.slice(0, 10));
      });
      const dripping = setInterval(() => {
        for (const socket of slow) if (socket.writable) socket.write(' ');
      }, 50);
      try {
        for (let i = 0; i < 10; i += 1) expect((await mine.call('GET', `/v1/intents/${own}`)).status).toBe(200);
      } finally {
        clearInterval(dripping);
      }
    } finally {
      for (const socket of slow) socket.destroy();
    }
    expect((await mine.call('GET', `/v1/intents/${own}`)).status).toBe(200);
    expect(await still(snapshot)).toEqual(before);
  });

  it.each<[string, () => string]>([
    ['no request at all', () => '\u0000\u0001\u0002\r\n\r\n'],
    ['a method nobody knows', () => 'FROBNICATE /v1/intents HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', () => 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n'],
    [
      'an address for a path',
      () => `GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ],
    [
      'a path out of the API',
      () => 'GET /../../../_ministack/ses/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ],
    ['a path that is a star', () => 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['bare line feeds', () => `GET /v1/intents/${own} HTTP/1.1\nHost: x\nx-api-key: ${mine.key}\n\n`],
    ['two lengths', () => head(['Content-Length: 5', `Content-Length: ${intent.length}`]) + intent],
    ['a length and chunks', () => `${head(['Content-Length: 4', 'Transfer-Encoding: chunked'])}1\r\nZ\r\n0\r\n\r\n`],
    ['chunks that are none', () => `${head(['Transfer-Encoding: chunked', 'Connection: close'])}zz\r\n${intent}`],
    ['a length that is too long', () => head([`Content-Length: ${intent.length + 100}`, 'Connection: close']) + intent],
    ['a length below nothing', () => head(['Content-Length: -1']) + intent],
    [
      'a header that goes on in the next line',
      () => `${head(['x-trace-id: aaaaaaaa', ' x-owner-agent: b', 'Content-Length: 1'])}{`,
    ],
    ['a header without end', () => `GET / HTTP/1.1\r\nHost: x\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['ten thousand headers', () => `GET / HTTP/1.1\r\nHost: x\r\n${'x: y\r\n'.repeat(10_000)}\r\n`],
  ])('%s: refused or cut off, and nothing changes', async (_what, bytes) => {
    const before = await snapshot();
    const socket = await openSocket(stack.baseUrl);
    socket.write(bytes(), 'latin1');
    const said = await heard(socket, 1500);
    expect(said).not.toMatch(/^HTTP\/1\.1 5/);
    expect(said).not.toMatch(/"messages"|<title>Mail|intent_id/);
    expect((await mine.call('GET', `/v1/intents/${own}`)).status).toBe(200);
    expect(await snapshot()).toEqual(before);
  });

  it.each([1_000_000, 5_000_000])('a body of %i bytes is refused', async (size) => {
    const raw = JSON.stringify(approvalIntent({ text: 'x'.repeat(size) }));
    expect((await mine.call('POST', '/v1/intents', { raw })).body.code).toBe('payload_too_large');
    const form = new URLSearchParams({ outcome: 'approved', comment: 'x'.repeat(size) });
    expect((await fetch(ownLink, { method: 'POST', body: form })).status).toBe(413);
  });

  it('chunks are read as a body is', async () => {
    const socket = await openSocket(stack.baseUrl);
    const half = [intent.slice(0, 20), intent.slice(20)];
    const chunks = half.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
    socket.write(
      `${head(['Content-Type: application/json', 'Transfer-Encoding: chunked', 'Connection: close'])}${chunks}0\r\n\r\n`,
    );
    expect(await heard(socket, 20_000)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"status":"SUBMITTED"/);
  });
});
