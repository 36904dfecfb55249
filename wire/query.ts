/** A query as it is read, whoever carries it: by its text, since gateways make one value of several in ways of their own. */

/** Parameters that take several values, with commas between them; those that come apart are joined. */
const lists = new Set(['status']);

/** By name. What comes more than once is a list: no schema of one value takes it. */
export type GivenQuery = Record<string, string | string[]>;

/** What a query gives: parameters that have a value. Clients write `cursor=` for the first page. */
export function givenIn(query: URLSearchParams): GivenQuery {
  const given: GivenQuery = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name).filter((value) => value !== '');
    const [first, ...more] = values;
    if (first === undefined) continue;
    const several = lists.has(name) ? values.join(',') : values;
    Object.defineProperty(given, name, { value: more.length > 0 ? several : first, enumerable: true });
  }
  return given;
}
