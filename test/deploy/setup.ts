/** A deployment of its own: what its tests deploy anew would be in the way of all others. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';
import { startControl } from '../deployed/control.ts';
import { infoOf } from '../deployed/setup.ts';
import { copyApp } from './app.ts';

export default async function setup({ provide }: TestProject) {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-deploy-'));
  const app = { command: `node ${join(copyApp(dir), 'infra', 'app.ts')}`, stackName: 'Holdpoint' };
  // Calls hang here for minutes; their next look-up shall not be minutes away then.
  const stack = await startLocalStack({ dir, app, faultProxy: true, waitScale: 0.02 });
  const control = await startControl(stack, dir);
  provide('stack', infoOf(stack, control.url, dir));
  return async () => {
    await control.close();
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
