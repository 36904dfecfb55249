/** What a query gives: parameters that have a value. */
export const givenIn = (query: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(query).filter((one): one is [string, string] => (one[1] ?? '') !== ''));
