import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findContext, keepSession, readContexts, sessionAt, writeContexts } from '../../clients/cli/contexts.ts';
import { cursorAt, keepCursor } from '../../clients/cli/cursors.ts';
import { checkKeyFile, keepKey } from '../../clients/cli/key-file.ts';
import { exitCodes } from '../../clients/cli/outcome.ts';
import { holdpoint } from './holdpoint.ts';
import { type Home, newHome } from './home.ts';
import { inside } from './inside.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
  for (const [name, value] of Object.entries(home.env)) vi.stubEnv(name, value);
  for (const name of ['HOLDPOINT_URL', 'HOLDPOINT_API_KEY']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  home.remove();
});

const url = 'https://api.example.com';
const key = `hp_sa_${'a'.repeat(16)}_${'b'.repeat(43)}`;
const mode = (file: string) => statSync(file).mode & 0o777;

describe('which deployment is meant', () => {
  beforeEach(() =>
    writeContexts({
      current: 'prod',
      contexts: { prod: { url, apiKey: key, tenant: 'acme/prod' }, dev: { url: 'https://dev.example.com' } },
    }),
  );

  it('is the current context, or the one that is named', () => {
    expect(findContext({}, {})).toMatchObject({ name: 'prod', url, apiKey: key });
    expect(findContext({ context: 'dev' }, {})).toEqual({ name: 'dev', url: 'https://dev.example.com' });
    expect(() => findContext({ context: 'other' }, {})).toThrow('There is no context other');
    expect(() => findContext({ context: 'constructor' }, {})).toThrow('There is no context constructor');
  });

  it('is what the environment says, but for a context that is named', () => {
    const env = { HOLDPOINT_URL: 'https://env.example.com/', HOLDPOINT_API_KEY: 'hp_sa_env' };
    expect(findContext({}, env)).toMatchObject({ url: 'https://env.example.com', apiKey: 'hp_sa_env' });
    expect(findContext({ context: 'prod' }, env)).toMatchObject({ url, apiKey: key });
  });

  it('takes no key to another address, and no tenant to another key', () => {
    expect(findContext({}, { HOLDPOINT_URL: 'https://elsewhere.example.com' }).apiKey).toBeUndefined();
    const other = findContext({}, { HOLDPOINT_API_KEY: 'hp_sa_env' });
    expect(other).toMatchObject({ url, apiKey: 'hp_sa_env' });
    expect(other.tenant).toBeUndefined();
  });

  it.each(['http://api.example.com', 'ftp://api.example.com', 'http://localhost.example.com', 'nowhere'])(
    'is never %s',
    (wrong) => expect(() => findContext({}, { HOLDPOINT_URL: wrong })).toThrow('no https address'),
  );

  it('is that of npm start by its folder', () => {
    const dir = join(home.dir, 'local');
    mkdirSync(dir);
    const found = { baseUrl: 'http://127.0.0.1:7300', apiKey: key, orgId: 'local', workspaceId: 'main', region: 'x' };
    writeFileSync(join(dir, 'local.json'), JSON.stringify(found), { mode: 0o600 });
    expect(findContext({ local: dir }, {})).toEqual({
      name: 'local',
      url: 'http://127.0.0.1:7300',
      apiKey: key,
      tenant: 'local/main',
    });
    expect(() => findContext({ local: join(dir, 'none') }, {})).toThrow('give --local the folder');
  });
});

describe('files with keys', () => {
  const file = () => join(home.dir, 'config', 'holdpoint', 'contexts.json');

  it('are readable by their owner alone, whatever they were before', () => {
    writeContexts({ contexts: { prod: { url, apiKey: key } } });
    expect(mode(file())).toBe(0o600);
    expect(mode(join(home.dir, 'config', 'holdpoint'))).toBe(0o700);
    keepSession(url, { token: 'hp_ps_x', expiresAt: '2999-01-01T00:00:00.000Z', person: { id: 'ada', name: 'Ada' } });
    expect(mode(join(home.dir, 'config', 'holdpoint', 'sessions.json'))).toBe(0o600);
  });

  it('are refused where others may read them, or where they are not what was written', () => {
    writeContexts({ contexts: {} });
    chmodSync(file(), 0o644);
    expect(() => readContexts()).toThrow('others may read it: chmod 600');
    chmodSync(file(), 0o600);
    for (const wrong of ['', '{', '{"contexts":{"a":{"url":"http://example.com"}}}', '{"contexts":{},"more":1}']) {
      writeFileSync(file(), wrong);
      expect(() => readContexts()).toThrow('is not what this command wrote');
    }
  });

  it('keep each key beside those that were there', () => {
    const keys = join(home.dir, 'keys.json');
    checkKeyFile(keys);
    keepKey(keys, 'agent://a/b/one', 'hp_sa_1');
    keepKey(keys, 'agent://a/b/two', 'hp_sa_2');
    expect(mode(keys)).toBe(0o600);
    chmodSync(keys, 0o640);
    expect(() => keepKey(keys, 'agent://a/b/three', 'hp_sa_3')).toThrow('others may read it');
  });
});

describe('a session', () => {
  const person = { id: 'ada', name: 'Ada' };
  const at = Date.parse('2026-11-30T09:00:00Z');
  const session = (expiresAt: string) => ({ token: 'hp_ps_x', expiresAt, person });

  it('is found at its own address until it is over', () => {
    keepSession(url, session('2026-11-30T10:00:00.000Z'), at);
    expect(sessionAt(url, at)?.token).toBe('hp_ps_x');
    expect(sessionAt(url, at + 3_600_000)).toBeUndefined();
    expect(sessionAt('https://other.example.com', at)).toBeUndefined();
  });

  it('goes when another is kept after its end, and when it is forgotten', () => {
    keepSession(url, session('2026-11-30T10:00:00.000Z'), at);
    keepSession('https://b.example.com', session('2026-11-30T19:00:00.000Z'), at + 7_200_000);
    expect(sessionAt(url, at)).toBeUndefined();
    keepSession('https://b.example.com', undefined, at);
    expect(sessionAt('https://b.example.com', at)).toBeUndefined();
  });
});

it('remembers up to where each agent was listened for', () => {
  const place = { url, agent: 'agent://acme/prod/packer' };
  expect(cursorAt(place)).toBe(0);
  keepCursor(place, 7);
  keepCursor({ ...place, url: 'https://other.example.com' }, 2);
  expect(cursorAt({ url, agent: 'acme/prod/packer' })).toBe(7);
});

describe('holdpoint context', () => {
  let own: Home;
  beforeAll(() => {
    own = newHome();
  });
  afterAll(() => own.remove());
  const run = (line: string, stdin?: string) =>
    stdin === undefined ? inside(line.split(' '), own.env) : holdpoint(line.split(' '), { env: own.env, stdin });

  it('adds, lists, uses and removes; no key is ever shown', async () => {
    const added = await run(`context add prod --url ${url}/ --key - --json`, `${key}\n`);
    expect(JSON.parse(added.stdout)).toEqual({ context: 'prod', url, current: true });
    expect((await run('context add dev --url https://dev.example.com --no-key')).code).toBe(0);
    const listed = await run('context list');
    expect(listed.stdout).toMatch(/^\* +prod +https:\/\/api\.example\.com +- +yes$/m);
    expect(listed.stdout).toMatch(/^ +dev +https:\/\/dev\.example\.com +- +no$/m);
    expect((await run('context use dev')).stdout).toContain('Commands mean dev now');
    const all = await run('context list --json');
    expect(JSON.parse(all.stdout).contexts).toContainEqual(expect.objectContaining({ context: 'dev', current: true }));
    expect((await run('context remove prod')).code).toBe(0);
    expect((await run('context remove prod')).code).toBe(exitCodes.notFound);
    for (const { stdout, stderr } of [added, listed, all]) expect(stdout + stderr).not.toContain(key);
  });

  it.each([
    ['context add local --url https://x.example.com --key hp_sa_x', 'the deployment of npm start'],
    ['context add x --url http://x.example.com --key hp_sa_x', 'https'],
    ['context add x --url https://x.example.com --key abc', 'hp_sa_'],
    ['context add ../x --url https://x.example.com --key hp_sa_x', 'A name has letters'],
    ['context use nothing', 'There is no context nothing'],
  ])('%s: exit code 2', async (line, says) => {
    const { code, stdout, stderr } = await run(line);
    expect({ code, stdout }).toEqual({ code: exitCodes.usage, stdout: '' });
    expect(stderr).toContain(says);
  });
});
