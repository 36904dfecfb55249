/** What was measured, on what. */

import { cpus, totalmem } from 'node:os';
import { commit, versions } from '../test/documents.ts';
import type { Conditions } from './results.ts';

export function conditionsAt(load: number): Conditions {
  const [first] = cpus();
  const { Holdpoint, ...others } = versions();
  return {
    date: new Date().toISOString(),
    versions: { Holdpoint: `${Holdpoint} (${commit()})`, ...others },
    machine: `${cpus().length} × ${first?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    load,
  };
}
