/** A file of new agents' keys: JSON, by agent, readable by its owner alone. */

import * as z from 'zod';
import { readPrivate, writePrivate } from './private-file.ts';

const keysFile = z.record(z.string(), z.string());

/** Adds a key to the file. Throws Refused where others may read it, or it is not such a file. */
export function keepKey(file: string, agent: string, token: string): void {
  const kept = readPrivate(file, keysFile) ?? {};
  writePrivate(file, `${JSON.stringify({ ...kept, [agent]: token }, null, 2)}\n`);
}

/** Whose keys it has. Writes it, so as to fail now rather than after a key was made that nothing can keep. Throws Refused. */
export function checkKeyFile(file: string): string[] {
  const kept = readPrivate(file, keysFile) ?? {};
  writePrivate(file, `${JSON.stringify(kept, null, 2)}\n`);
  return Object.keys(kept);
}
