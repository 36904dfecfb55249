import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportLines } from '../../clients/cli/chain-file.ts';
import { chain, chainOfData, entriesOf, exportedAt, forge, tipOf } from './chains.ts';
import { holdpoint } from './holdpoint.ts';

vi.setConfig({ testTimeout: 30_000 });

const five = chainOfData([1, 2, 3, 4, 5].map((amount) => ({ amount })));
const tip = tipOf(five);
const whole = exportLines(chain, entriesOf(five), tip, exportedAt);
const lines = whole.trimEnd().split('\n');

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-export-'));
  file = join(dir, 'chain.jsonl');
  writeFileSync(file, whole);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A process without rights: no environment, no AWS module, no network, no child processes, no writing. */
const alone = [
  '--import',
  pathToFileURL(join(import.meta.dirname, 'no-aws.ts')).href,
  '--permission',
  '--allow-fs-read=*',
];
const verify = (args: string[], stdin = '') => holdpoint(['audit', 'verify', ...args], { env: {}, node: alone, stdin });

describe('holdpoint audit verify --file, in a process without AWS', () => {
  it('verifies an export, says what is shown and what is not', async () => {
    const { code, stdout, stderr } = await verify(['--file', file]);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Verified  ${chain}\n5 records from the export ${file}\n`);
    expect(stdout).toContain('Not shown, until signed checkpoints exist:\n  Whether records were cut off the end');
    expect(stdout).toContain(`\n  5:${tip.hash}\n`);
    expect(code).toBe(0);
  });

  it('is held to that: the same process can load nothing of AWS', async () => {
    const { code, stderr } = await holdpoint(['stops', '--region', 'us-east-1'], { env: {}, node: alone });
    expect(stderr).toMatch(/refused: import of .*aws-sdk/);
    expect(code).toBe(99);
  });

  it('reads it from stdin, checks whose it is, and answers in JSON', async () => {
    const { code, stdout } = await verify(
      ['01a20095-27b0-7135-a0f4-f96189669624', '--tenant', 'acme/prod', '--file', '-', '--json'],
      whole,
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, chain, records: 5, tip, faults: [] });
  });

  const cut = exportLines(chain, entriesOf(five.slice(0, 3)), tipOf(five.slice(0, 3)), exportedAt);
  const forgedRecords = forge(five, 3, { amount: 9000 });
  const forged = exportLines(chain, entriesOf(forgedRecords), tipOf(forgedRecords), exportedAt);
  const witness = ['--witness', `${tip.seq}:${tip.hash}`];
  const without = (index: number) => `${lines.toSpliced(index, 1).join('\n')}\n`;

  it.each([
    ['a byte changed', whole.replace('"amount":2', '"amount":3'), [], 'Record 2 was changed after it was sealed.'],
    ['a record dropped', without(1), [], 'Record 2 does not follow the record before it.'],
    ['two swapped', [lines[1], lines[0], ...lines.slice(2)].join('\n'), [], 'Record 1 stands where 1 belongs, says 2.'],
    ['the tail cut', without(4), [], 'Record 4 ends at 4, its witness says 5.'],
    ['the tail cut with its tip line', `${lines.slice(0, 3).join('\n')}\n`, [], 'the end is cut'],
    ['the tail cut, the tip line rewritten, a witness', cut, witness, 'the chain ends at 3, a witness has seen 5'],
    ['all later hashes recomputed, a witness', forged, witness, 'Record 5 has another hash than its witness.'],
    ['nothing, but it is of another intent', whole, ['other'], 'belongs to another intent than other'],
    [
      'nothing, but it is of another tenant',
      whole,
      ['--tenant', 'acme/dev'],
      'belongs to another tenant than acme/dev',
    ],
    ['nothing in it', '', [], 'the end is cut'],
  ])('exit code 3: %s', async (_, text, args, says) => {
    const { code, stdout } = await verify(['--file', '-', ...args], text);
    expect(stdout).toContain('NOT verified');
    expect(stdout).toContain(says);
    expect(stdout).not.toContain('Shown:');
    expect(code).toBe(3);
  });

  it.each([
    ['the tail cut, the tip line rewritten', cut, 'Whether records were cut off the end'],
    [
      'all later hashes and the tip line recomputed',
      forged,
      'Whether a forger recomputed the hashes of the whole chain',
    ],
  ])('passes, and says that it would: %s', async (_, text, admits) => {
    const { code, stdout } = await verify(['--file', '-'], text);
    expect(stdout).toContain(admits);
    expect(code).toBe(0);
  });
});
