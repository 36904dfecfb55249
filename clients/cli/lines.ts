/** Files of JSON lines in which every line is canonical (RFC 8785): one way to write it, so that no byte changes unseen. */

import { canonicalJson } from '../../core/json.ts';

/** Throws TypeError where a value holds what JSON can't. */
export const lineOf = (value: unknown): string => `${canonicalJson(value)}\n`;

/** The value of a line, undefined where it is not written so. */
export function parsedLine(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return canonicalJson(value) === line ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a file as it is read, without their ends. Throws TypeError where it is not UTF-8. */
export async function* linesIn(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // A byte order mark is a byte more than was exported.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest: string[] = [];
  for await (const chunk of bytes) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    rest.push(first);
    for (const next of more) {
      yield rest.join('');
      rest = [next];
    }
  }
  const last = rest.join('') + decoder.decode();
  if (last !== '') yield last;
}
