/** One real deployment for all tests of this project: emulator, sandbox provider, fault proxy, the real template. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import { startControl } from './control.ts';
import { targetArns } from './targets.ts';

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
  /** The folder of the trail, in the project that keeps one. */
  trail: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackInfo;
  }
}

export const infoOf = (stack: LocalStack, controlUrl: string, dir: string): StackInfo => {
  const { baseUrl, mailboxUrl, emulatorUrl, providerUrl, region, outputs, trail } = stack;
  return { baseUrl, mailboxUrl, emulatorUrl, providerUrl, controlUrl, region, outputs, dir, trail };
};

export default async function setup({ name, provide }: TestProject) {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-deployed-'));
  // A tenth of every wait inside a run: settle times and retries, never a task's own deadline.
  const stack = await startLocalStack({
    dir,
    fresh: true,
    persist: true,
    faultProxy: true,
    waitScale: 0.1,
    context: { internalTargets: JSON.stringify(Object.values(targetArns)) },
    // The project about rights holds every function to its role.
    auth: name === 'iam',
  });
  const control = await startControl(stack, dir);
  provide('stack', infoOf(stack, control.url, dir));
  return async () => {
    await control.close();
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
