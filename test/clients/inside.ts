/** Runs a command within the test: what it writes and its exit code, without a process of its own. Nothing comes from stdin. */

import { vi } from 'vitest';
import { main } from '../../clients/cli/main.ts';
import type { Ran } from './holdpoint.ts';

/** `env`: over that of the test; undefined takes a variable away. One at a time. */
export async function inside(words: readonly string[], env: Record<string, string | undefined> = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const into = (said: string[]) => (text: string | Uint8Array) => said.push(String(text)) > 0;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into(out) as typeof process.stdout.write),
    vi.spyOn(process.stderr, 'write').mockImplementation(into(err) as typeof process.stderr.write),
  ];
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    await main(words);
    return { code: Number(process.exitCode ?? 0), stdout: out.join(''), stderr: err.join('') };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
