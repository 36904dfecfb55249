/** Starts the sandbox provider as a process of its own, and stops it. */
import { join } from 'node:path';
import { type Child, spawnChild } from '../child.ts';

export type Provider = { url: string; stop(): Promise<void> };

/** @param options.state folder of its state @param options.port 0 (default) takes a free one. Rejects if it can't listen. */
export async function startProvider(options: { state: string; port?: number; log?: string }): Promise<Provider> {
  const main = join(import.meta.dirname, 'main.ts');
  const child: Child = spawnChild(
    process.execPath,
    [main, '--port', String(options.port ?? 0), '--state', options.state, '--with-parent'],
    { tieToParent: true, ...(options.log === undefined ? {} : { log: options.log }) },
  );
  const url = await child.line(/sandbox provider on (http:\S+)/);
  return { url, stop: () => child.stop() };
}
