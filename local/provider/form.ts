/** Stripe's request parameters: form encoding with brackets, one or two levels deep. */

export type Parameters = Record<string, string | Record<string, string>>;

/**
 * Reads `a=1&metadata[x]=2` (brackets encoded or not) to `{a: '1', metadata: {x: '2'}}`.
 * A repeated name keeps its last value.
 */
export function parseForm(text: string): Parameters {
  const out: Parameters = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const nested = /^([^[\]]+)\[([^[\]]*)\]$/.exec(name);
    if (!nested) {
      out[name] = value;
      continue;
    }
    const [, outer = '', inner = ''] = nested;
    const existing = out[outer];
    const group: Record<string, string> = typeof existing === 'object' ? existing : Object.create(null);
    group[inner === '' ? String(Object.keys(group).length) : inner] = value;
    out[outer] = group;
  }
  return out;
}

/** The same parameters in another order give the same text. */
export function canonicalParameters(parameters: Parameters): string {
  const sorted = (value: string | Record<string, string>): unknown =>
    typeof value === 'string' ? value : Object.entries(value).sort(byName);
  return JSON.stringify(
    Object.entries(parameters)
      .sort(byName)
      .map(([name, value]) => [name, sorted(value)]),
  );
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
