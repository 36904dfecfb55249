/** Who was allowed what in the local AWS, from its trail. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessDecision } from '../../local/emulator.ts';
import type { Right } from './rights.ts';

export type Decision = Right & { at: number; allowed: boolean };

/** All decisions on functions since `since` (seconds since 1970). @param functions name → physical name */
export function decisions(folder: string, functions: Record<string, string>, since = 0): Decision[] {
  const names = new Map(Object.entries(functions).map(([name, physical]) => [physical, name]));
  return readFileSync(join(folder, 'decisions.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(':assumed-role/'))
    .flatMap((line) => {
      const { principal, action, resource, at, allowed } = JSON.parse(line) as AccessDecision;
      const name = names.get(principal.slice(principal.lastIndexOf('/') + 1));
      return name !== undefined && at >= since ? [{ function: name, action, arn: resource, at, allowed }] : [];
    });
}
