import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exitCodesInWords } from '../../clients/cli/outcome.ts';
import { cli, holdpoint } from './holdpoint.ts';
import { inside } from './inside.ts';

// Each case is a process or two; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 30_000 });

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-cli-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const words = (line: string) => line.split(' ').filter(Boolean);

describe('arguments that make no sense: exit code 2, one sentence, nothing done', () => {
  it.each([
    ['frobnicate', "Unknown command 'frobnicate'"],
    ['keys crate', 'Did you mean create?'],
    ['keys create --agent refund-bot', '--tenant'],
    ['keys create --tenant acme --agent refund-bot', 'A tenant is org/workspace'],
    [`keys create --tenant acme/${'x'.repeat(49)} --agent refund-bot`, 'at most 48 characters'],
    [`keys create --tenant acme/prod --agent ${'x'.repeat(121)}`, 'at most 120 characters'],
    ['keys create --tenant acme/.. --agent refund-bot', 'A tenant is org/workspace'],
    ['keys create --tenant acme/prod --agent other/prod/bot', 'is not an agent of the tenant acme/prod'],
    ['keys create --tenant acme/prod --agent a/b/c/d', "is not an agent's address"],
    ['keys create --tenant acme/prod --agent holdpoint', 'is the deployment itself'],
    ['keys create --tenant acme/prod --agent a', '2 characters or more'],
    ['keys create --tenant acme/prod --agent bot --limit-per-minute 0', 'A whole number from 1'],
    ['budget set --agent bot --intents-per-day 5', '--tenant'],
    ['budget set --tenant acme/prod --intents-per-day 1.5', 'A whole number from 0'],
    ['budget set --tenant acme/prod --cost-per-day much', 'A number from 0'],
    ['budget set --tenant acme/prod --money-per-day 100', 'such as EUR=100000'],
    ['budget set --tenant acme/prod --on-breach kill', 'Allowed choices are block, alert'],
    ['keys create --tenant acme/prod --agent bot --scope everything', 'Allowed choices are accounts:manage'],
    ['keys revoke 12', "A key's id has 16 hex digits"],
    ['stop everything', '--reason'],
    ['stop everything --reason', 'argument missing'],
    ['stop everything acme/prod --reason test', 'Everything takes no id'],
    ['stop workspace acme/prod --reason test', 'Allowed choices are everything, tenant, type, agent, tool'],
    ['stop tenant --reason test', 'Say which tenant'],
    ['stop tenant acme --reason test', 'A tenant is org/workspace'],
    ['stop agent refund-bot --reason test', 'a bare name with --tenant'],
    ['stop agent agent://acme/prod --reason test', 'agent://org/workspace/name'],
    ['stop tool issue_refund --tenant acme/prod --reason test', "goes with an agent's bare name"],
    ['resume tool', 'Say which tool'],
    ['stops --reason test', "unknown option '--reason'"],
    ['override start 0193 --tenant acme/prod --reason test --by olga', 'a UUID'],
    ['override start 01935b5e-0000-7000-8000-000000000000 --tenant acme/prod', '--reason'],
    ['override start 01935b5e-0000-7000-8000-000000000000 --tenant acme/prod --reason x', '--by'],
    ['audit verify', 'Say which intent'],
    ['audit verify 0193', '--tenant org/workspace'],
    ['audit verify --file x --witness 12', 'A witness is a number, a colon and 64 hex digits'],
    ['audit export 0193', '--tenant'],
    ['audit export', 'Say which intent, or which period with --from'],
    ['audit export 0193 --tenant acme/prod --from 2026-11-01', 'Name an intent, or a period'],
    ['audit export --from yesterday', 'A time is 2026-11-30'],
    ['audit verify --key key.pem', 'Say which bundle'],
    ['people erase', "missing required argument 'person'"],
    ['people channels ada', 'Say the channels, or --reset.'],
    ['people channels ada mail --reset', 'Say the channels, or --reset.'],
    ['people channels ada teams:https://evil.example', 'is no channel'],
    ['people channels ada mail:eve@example.com', 'is no channel'],
    ['people digest ada --at noon', 'noon is no time of day'],
  ])('%s', async (line, says) => {
    const { code, stdout, stderr } = await inside(words(line));
    expect(stderr.toLowerCase()).toContain(says.toLowerCase());
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('shows what there is when no subcommand was given', async () => {
    const { code, stderr } = await holdpoint(['keys']);
    expect(stderr).toContain('create [options]');
    expect(code).toBe(2);
  });

  it('answers in JSON where JSON was asked for', async () => {
    const { stderr } = await holdpoint(words('audit verify --json'));
    expect(JSON.parse(stderr).error).toContain('Say which intent');
  });
});

describe('what can be put right: exit code 1 and a sentence that says how', () => {
  it('no region', async () => {
    const { code, stderr } = await holdpoint(words('stops'));
    expect(stderr).toContain('add --region or set AWS_REGION');
    expect(code).toBe(1);
  });

  it('no credentials', async () => {
    const { code, stderr } = await holdpoint(words('stops --region eu-central-1'));
    expect(stderr).toContain('set AWS_PROFILE');
    expect(code).toBe(1);
  });

  it('a local deployment that is not there, or does not run', async () => {
    const missing = await holdpoint(['stops', '--local', dir]);
    expect(missing.stderr).toContain('give --local the folder that npm start writes to');
    expect(missing.code).toBe(1);
    // Port 1 is reserved: nothing of ours ever listens there.
    const found = { emulatorUrl: 'http://127.0.0.1:1', region: 'us-east-1' };
    writeFileSync(join(dir, 'local.json'), JSON.stringify(found));
    const down = await holdpoint(['stops', '--local', dir]);
    expect(down.stderr).toContain('start it with npm start');
    expect(down.code).toBe(1);
  });

  it('a key that is none', async () => {
    const { code, stderr } = await holdpoint(['audit', 'verify', 'bundle.jsonl', '--key', join(cli, 'package.json')]);
    expect(stderr).toContain('holds no public key in PEM: holdpoint audit key prints');
    expect(code).toBe(1);
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await holdpoint(words('audit verify --file /nonexistent/chain.jsonl'));
    expect(stderr).toBe("/nonexistent/chain.jsonl can't be read (ENOENT): give the file of an export.\n");
    expect(code).toBe(1);
  });
});

describe('help', () => {
  it.each(['--help', 'keys create --help', 'stop --help', 'audit verify --help', '--version'])(
    '%s is no failure',
    async (line) => {
      const { code, stdout, stderr } = await holdpoint(words(line));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toBe('');
    },
  );

  it('says what the exit codes mean', async () => {
    expect((await holdpoint(['--help'])).stdout).toContain(`Exit codes: ${exitCodesInWords}.`);
  });
});

describe('the launcher, where Node is too old to run TypeScript', () => {
  const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;

  it('takes the Node that the repository installed', async () => {
    const ran = await holdpoint(words('audit verify'), { node: ['--import', old], file: join(cli, 'bin.js') });
    expect(ran.stderr).toContain('Say which intent');
    expect(ran.code).toBe(2);
  });

  it('says in one sentence what is missing where there is none', async () => {
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    const file = join(dir, 'bin.js');
    copyFileSync(join(cli, 'bin.js'), file);
    const ran = await holdpoint(['stops'], { node: ['--import', old], file });
    expect(ran.stderr).toMatch(/^holdpoint needs Node 24 or newer and this is 20\.20\.2: .*npm ci.*\n$/);
    expect(ran.code).toBe(1);
  });
});
