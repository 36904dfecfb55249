#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to run TypeScript still gets here and does something useful:
// it hands over to the Node that this repository installs, or says in a sentence what is missing.

import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestMajor = 24;
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));

if (Number.parseInt(process.versions.node, 10) >= oldestMajor) {
  await import('./holdpoint.ts');
} else {
  const ours = join(here, '..', '..', 'node_modules', 'node', 'bin', 'node');
  if (existsSync(ours)) {
    const args = [join(here, 'holdpoint.ts'), ...process.argv.slice(2)];
    process.exitCode = spawnSync(ours, args, { stdio: 'inherit' }).status ?? 1;
  } else {
    console.error(
      `holdpoint needs Node ${oldestMajor} or newer and this is ${process.versions.node}: install one, or run npm ci in the repository, which brings one.`,
    );
    process.exitCode = 1;
  }
}
