/** What was measured, on what. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../local/emulator.ts';
import type { Conditions } from './results.ts';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const installed = (name: string): string => JSON.parse(read(`node_modules/${name}/package.json`)).version;

export function conditionsAt(load: number): Conditions {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    versions: {
      Holdpoint: `${JSON.parse(read('package.json')).version} ${commit()}`.trim(),
      Node: process.versions.node,
      MiniStack: /^ministack==(.+)$/m.exec(read('local/emulator/requirements.txt'))?.[1] ?? '?',
      'aws-cdk-lib': installed('aws-cdk-lib'),
      'AWS SDK (client-dynamodb)': installed('@aws-sdk/client-dynamodb'),
    },
    machine: `${cpus().length} × ${first?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    load,
  };
}

/** The commit, and whether files differ from it; nothing where there is no git. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ', with changes';
    return `(${git('rev-parse', '--short', 'HEAD')}${changed})`;
  } catch {
    return '';
  }
}
