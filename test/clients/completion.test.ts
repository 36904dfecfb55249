import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inside } from './inside.ts';

const script = async (shell: string) => (await inside(['completion', shell])).stdout;
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe('bash', () => {
  it.each([
    ['holdpoint ', ['intents', 'tasks', 'context'], ['submit']],
    ['holdpoint intents ', ['submit', 'watch', 'retry'], ['intents']],
    ['holdpoint intents s', ['submit'], ['watch']],
    ['holdpoint intents submit --pay', ['--payload'], ['--json']],
    ['holdpoint tasks submit x --e', ['--evidence-text', '--evidence-url'], ['--json']],
    ['holdpoint agents keys ', ['create', 'revoke'], ['list']],
    ['holdpoint stop ', ['everything', 'tenant'], ['stop']],
    ['holdpoint completion ', ['bash', 'zsh', 'fish'], []],
  ])('%s', async (line, offered, not) => {
    const words = line.split(' ');
    const asks = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _holdpoint; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', `${await script('bash')}\n${asks}`], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const found = stdout.split('\n');
    for (const word of offered) expect(found).toContain(word);
    for (const word of not) expect(found).not.toContain(word);
  });
});

describe.each(['zsh', 'fish'])('%s', (shell) => {
  it('has every command, and quotes what it says', async () => {
    const text = await script(shell);
    for (const word of ['intents', 'submit', 'payload', 'agents keys create']) expect(text).toContain(word);
    // An apostrophe in a description that was not escaped would leave an odd number of quotes.
    for (const line of text.split('\n')) expect(line.replaceAll(/'\\''|\\'/g, '').split("'").length % 2, line).toBe(1);
  });

  it('is read by the shell', async (test) => {
    test.skip(!has(shell), `${shell} is not on this machine`);
    const { status, stderr } = spawnSync(shell, ['-n'], { input: await script(shell), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
