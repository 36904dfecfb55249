import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readConfig } from '../../infra/config.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { holdpoint } from './holdpoint.ts';
import { type Home, newHome } from './home.ts';
import { inside } from './inside.ts';

// A whole project is checked and tested.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const root = join(import.meta.dirname, '..', '..');
let home: Home;
let folder: string;
beforeAll(async () => {
  home = newHome();
  folder = join(home.dir, 'our approvals');
  const given = ['--sender', 'ask@acme.example', '--approver', 'grace@acme.example'];
  const ran = await inside(['init', folder, ...given, '--json']);
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(ran.stdout)).toEqual({ folder, type: 'intent.credit.v1', tool: 'add_credit' });
  // What npm install would bring.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => home.remove());

const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
const bin = (name: string) => join(root, 'node_modules', ...name.split('/'));

it('typechecks', () => {
  expect(node(bin('typescript/bin/tsc'), '--noEmit')).toBe('');
});

it('has a test that passes, and would not if its policy were another', () => {
  const test = () => node(bin('vitest/vitest.mjs'), 'run');
  expect(test()).toMatch(/5 passed/);
  const file = join(folder, 'intents', 'credit.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('10_00', '20_00'));
  expect(test).toThrow();
  writeFileSync(file, text);
});

it('has a configuration that deploys, of those who were named', () => {
  const { sender, directory } = readConfig(join(folder, 'holdpoint.config.json'));
  expect(sender).toBe('ask@acme.example');
  expect(directory.people).toMatchObject([{ id: 'grace', mail: 'grace@acme.example' }]);
});

it('has the packages that it needs, under a name that npm takes', () => {
  const made = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  expect(made.name).toBe('our-approvals');
  expect(made.dependencies).toEqual(packageJson.dependencies);
  const imported = execFileSync(
    'grep',
    ['-rhoE', "from '[a-z@][^']*';$", 'infra', 'local', 'core', 'functions', 'clients', 'test'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const names = [...imported.matchAll(/from '((?:@[^/']+\/)?[^/']+)/g)].map(([, name = '']) => name);
  const known = { ...made.dependencies, ...made.devDependencies };
  const unknown = names.filter((name) => !name.startsWith('node:') && !(name in known) && !(`@types/${name}` in known));
  expect([...new Set(unknown)]).toEqual([]);
});

it('has no package that nothing in it needs', () => {
  const { devDependencies, allowScripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // Programs, types, a workspace, and what the functions are bundled with.
  const tools = ['@holdpoint/sdk', '@types/aws-lambda', '@types/node', 'aws-cdk', 'esbuild', 'node', 'typescript'];
  const sources = readdirSync(folder).filter((name) => name !== 'node_modules');
  const used = (name: string) =>
    spawnSync('grep', ['-rqE', `(from |import\\()'${name}[/']`, ...sources], { cwd: folder }).status === 0;
  const unused = Object.keys(devDependencies).filter((name) => !tools.includes(name) && !used(name));
  expect(unused).toEqual([]);
  const known = { ...packageJson.dependencies, ...devDependencies };
  const scripts = Object.keys(packageJson.allowScripts).filter((name) => name in packageJson.devDependencies);
  expect(Object.keys(allowScripts).filter((name) => scripts.includes(name) && !(name in known))).toEqual([]);
});

it('makes no other project, and says where that is done', async () => {
  const other = join(home.dir, 'another');
  const ran = await holdpoint(['init', other], { env: home.env, file: join(folder, 'clients', 'cli', 'holdpoint.ts') });
  expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining("Holdpoint's repository") });
  expect(existsSync(other)).toBe(false);
});

it('leaves a folder alone that has something in it', async () => {
  const other = join(home.dir, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'mine.txt'), 'mine');
  const ran = await inside(['init', other]);
  expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is not empty') });
  expect(readdirSync(other)).toEqual(['mine.txt']);
  const within = join(root, 'test', 'made-by-a-test');
  expect(await inside(['init', within])).toMatchObject({ code: 2, stdout: '' });
  expect(existsSync(within)).toBe(false);
});
