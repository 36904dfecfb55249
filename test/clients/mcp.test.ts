import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineDiff } from '../../clients/cli/diff.ts';
import { exitCodes } from '../../clients/cli/outcome.ts';
import { type Home, newHome } from './home.ts';
import { inside } from './inside.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
});
afterEach(() => home.remove());

const key = 'hp_sa_0123456789abcdef_secret';
const env = () => ({ ...home.env, HOLDPOINT_URL: 'https://api.example.com', HOLDPOINT_API_KEY: key });
const install = (...args: string[]) => inside(['mcp', 'install', ...args], env());
const url = 'https://api.example.com/mcp';
const placeholder = (what: string) => `\${${what}}`;

it.each([
  [
    'claude',
    { mcpServers: { holdpoint: { type: 'http', url, headers: { 'x-api-key': placeholder('HOLDPOINT_API_KEY') } } } },
  ],
  ['cursor', { mcpServers: { holdpoint: { url, headers: { 'x-api-key': placeholder('env:HOLDPOINT_API_KEY') } } } }],
  [
    'vscode',
    {
      servers: { holdpoint: { type: 'http', url, headers: { 'x-api-key': placeholder('input:holdpoint-api-key') } } },
      inputs: [{ type: 'promptString', id: 'holdpoint-api-key', description: 'Holdpoint API key', password: true }],
    },
  ],
])('tells %s where the tools are, without the key', async (client, config) => {
  const file = join(home.dir, 'new', 'mcp.json');
  const ran = await install(client, '--file', file, '--yes');
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(config);
  expect(ran.stdout + ran.stderr).not.toContain(key);
  const again = await install(client, '--file', file, '--yes', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ changed: false });
});

it('keeps what the file has, and shows only what changes', async () => {
  const file = join(home.dir, 'mcp.json');
  const before = { other: true, mcpServers: { notes: { command: 'notes' } } };
  writeFileSync(file, JSON.stringify(before, null, 4));
  const ran = await install('cursor', '--file', file, '--yes');
  const text = readFileSync(file, 'utf8');
  expect(JSON.parse(text)).toMatchObject(before);
  expect(text).toContain('\n    "other"');
  expect(ran.stderr).toMatch(/^\+ +"url": "https:\/\/api\.example\.com\/mcp",$/m);
  expect(ran.stderr).not.toContain('"other"');
});

it('writes nothing unasked, nor into a file that it can not read', async () => {
  const file = join(home.dir, 'mcp.json');
  expect(await install('claude', '--file', file)).toMatchObject({ code: exitCodes.usage });
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, '{\n  // mine\n}');
  const ran = await install('claude', '--file', file, '--yes');
  expect(ran.stderr).toContain('put this into mcpServers yourself');
  expect(ran.code).toBe(exitCodes.failed);
  expect(readFileSync(file, 'utf8')).toBe('{\n  // mine\n}');
});

it('writes the key only where that is wanted, into a file for its owner alone, and never shows it', async () => {
  const file = join(home.dir, 'mcp.json');
  mkdirSync(home.dir, { recursive: true });
  const ran = await install('claude', '--file', file, '--yes', '--with-key');
  expect(readFileSync(file, 'utf8')).toContain(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(ran.stdout + ran.stderr).not.toContain(key);
});

describe('a difference', () => {
  const shown = (before: string, after: string) => lineDiff(before, after).map(({ sign, line }) => sign + line);

  it('is what lies between equal ends, with three lines around it', () => {
    expect(shown('a\nb\nc\nd\ne\nf\n', 'a\nb\nc\nd\nX\nY\nf\n')).toEqual([' b', ' c', ' d', '-e', '+X', '+Y', ' f']);
    expect(shown('', 'a\n')).toEqual(['+a']);
    expect(shown('a\na\n', 'a\na\na\n').filter((line) => line.startsWith('+'))).toEqual(['+a']);
  });
});
