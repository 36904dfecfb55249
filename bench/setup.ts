/** What was measured, on what. */

import { cpus, totalmem } from 'node:os';
import { commit, versions } from '../test/documents.ts';
import type { Setup } from './results.ts';

export function setupOf(given: Pick<Setup, 'load' | 'runs' | 'levels' | 'rows'>): Setup {
  const [first] = cpus();
  const { Holdpoint, ...others } = versions();
  return {
    date: new Date().toISOString(),
    versions: { Holdpoint: `${Holdpoint} (${commit()})`, ...others },
    machine: `${cpus().length} × ${first?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    ...given,
  };
}
