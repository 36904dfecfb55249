import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where synthesized apps may lie until the tests have ended. */
    synthFolder: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'holdpoint-synth-'));
  project.provide('synthFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
