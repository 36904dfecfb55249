/** One real deployment for all tests of this project: emulator, sandbox provider, fault proxy, the real template. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';
import { startControl } from './control.ts';

/** What tests know of the stack; plain data, since tests run in other processes. */
export interface StackInfo {
  baseUrl: string;
  mailboxUrl: string;
  emulatorUrl: string;
  providerUrl: string;
  controlUrl: string;
  region: string;
  outputs: Record<string, string>;
  dir: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackInfo;
  }
}

export default async function setup({ provide }: TestProject) {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-deployed-'));
  // A tenth of every wait inside a run: settle times and retries, never a task's own deadline.
  const stack = await startLocalStack({ dir, fresh: true, persist: true, faultProxy: true, waitScale: 0.1 });
  const control = await startControl(stack, dir);
  const { baseUrl, mailboxUrl, emulatorUrl, providerUrl, region, outputs } = stack;
  provide('stack', { baseUrl, mailboxUrl, emulatorUrl, providerUrl, controlUrl: control.url, region, outputs, dir });
  return async () => {
    await control.close();
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
