/** JSON as it comes over the wire. What two readers could read differently is refused: a person approves what was sent. */

import { InvalidInput } from '../core/errors.ts';
import { firstOf } from '../core/text.ts';

/** Largest request body, in bytes (AXP). */
export const maxBodyBytes = 131_072;

/** Deeper JSON than this is refused: nobody means it, and recursion over it could exhaust the stack. */
const maxDepth = 32;

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\]:,]/g;

/** An object or array that is open: the names it has so far, and where in it we are. */
interface Open {
  names: Set<string> | undefined;
  at: string | number;
}

const pathOf = (open: Open[]): string => firstOf(open.map(({ at }) => at).join('.'), 200) || '(body)';

/**
 * The value of a text. Throws InvalidInput with the field's path for what is not JSON or too deep, for a name that an
 * object has twice or would lose, for a number that would not be kept, and for half a character.
 */
export function readJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidInput('The body is not JSON.', { field: '(body)' });
  }
  checkTokens(text);
  return value;
}

function checkTokens(text: string): void {
  const open: Open[] = [];
  let last = '';
  for (const [token] of text.matchAll(tokens)) {
    const inner = open.at(-1);
    if (token === '{' || token === '[') {
      open.push({ names: token === '{' ? new Set() : undefined, at: token === '{' ? '' : 0 });
      if (open.length > maxDepth) throw new InvalidInput(`JSON may be nested ${maxDepth} deep.`, { field: '(body)' });
    } else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && inner) inner.at = typeof inner.at === 'number' ? inner.at + 1 : '';
    else if (token === ':' && inner?.names) {
      inner.at = JSON.parse(last) as string;
      checkName(inner.at, inner.names, open);
    } else if (/^[-\d]/.test(token)) checkNumber(token, open);
    else if (halfCharacter.test(token)) checkText(token, open);
    last = token;
  }
}

/** An escape that may be half of a character: bytes that are no UTF-8 never come this far. */
const halfCharacter = /\\u[dD][89a-fA-F]/;

/** Text that nothing can carry unharmed: no UTF-8 has it, nor RFC 8785. */
function checkText(source: string, open: Open[]): void {
  if (!(JSON.parse(source) as string).isWellFormed())
    throw new InvalidInput('This text is not valid Unicode.', { field: pathOf(open) });
}

function checkName(name: string, names: Set<string>, open: Open[]): void {
  if (name === '__proto__') throw new InvalidInput('No field may be called __proto__.', { field: pathOf(open) });
  if (names.has(name)) throw new InvalidInput('An object has this field twice.', { field: pathOf(open) });
  names.add(name);
}

/** Numbers are doubles. Fractions are approximations to everybody; a whole number that changes is another number. */
function checkNumber(source: string, open: Open[]): void {
  const number = Number(source);
  const whole = /^-?\d+$/.test(source);
  if (Number.isFinite(number) && (!whole || Number.isSafeInteger(number) || isExact(source, number))) return;
  throw new InvalidInput('This number can not be held exactly: send it as text.', { field: pathOf(open) });
}

const isExact = (source: string, number: number): boolean =>
  String(number) === source || BigInt(source) === BigInt(number);
