/** The header `X-Fencing-Token`: of the claim under which a request is made. */

import { InvalidInput } from '../../core/errors.ts';
import { fencingToken } from '../../wire/intents.ts';

export const fencingName = 'x-fencing-token';

/** Nothing where none was sent. Throws InvalidInput. */
export function fencing(given: string | undefined): { fencingToken?: number } {
  const token = fencingToken.safeParse(given);
  if (!token.success) throw new InvalidInput('A fencing token is a number.', { field: 'X-Fencing-Token' });
  return token.data === undefined ? {} : { fencingToken: token.data };
}
