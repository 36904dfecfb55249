/** Documents whose parts are written by the runs that they tell of: what ran, on what, and what stands between markers. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/**
 * Replaces what stands between two markers of a page.
 *
 * @param page its path from the project's root
 * @param made gets what stands there now
 * @throws Error if the page has lost a marker
 */
export function rewrite(page: string, [begin, end]: readonly [string, string], made: (now: string) => string): void {
  const [before, rest] = read(page).split(begin);
  const [now, after] = rest?.split(end) ?? [];
  if (before === undefined || now === undefined || after === undefined)
    throw new Error(`${page} has lost the markers ${begin} and ${end}`);
  writeFileSync(join(root, page), `${before}${begin}\n\n${made(now.trim())}\n\n${end}${after}`);
}

/** As ISO 8601 has it, `2026-11-22`. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/**
 * The commit, and whether anything else differs from it; nothing where there is no git.
 *
 * @param made paths of what the run itself writes
 */
export function commit(...made: string[]): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const others = ['--untracked-files=no', '--', '.', ...made.map((path) => `:!${path}`)];
    const changed = git('status', '--porcelain', ...others) === '' ? '' : ', with changes';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return '';
  }
}

const installed = (name: string): string => JSON.parse(read(`node_modules/${name}/package.json`)).version;

/** Of what decides how a run goes. */
export const versions = (): Record<string, string> => ({
  Holdpoint: JSON.parse(read('package.json')).version,
  Node: process.versions.node,
  MiniStack: /^ministack==(.+)$/m.exec(read('local/emulator/requirements.txt'))?.[1] ?? '?',
  CDK: installed('aws-cdk-lib'),
  'AWS SDK': installed('@aws-sdk/client-dynamodb'),
  Stripe: installed('stripe'),
});

export const versionsText = (): string =>
  Object.entries(versions())
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

/** `2 cores, 24 GB, linux x64` */
export const machine = (): string =>
  `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}`;
