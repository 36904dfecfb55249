/** How many of a list a client wants at once. */

import * as z from 'zod';

/** AXP names no bounds: whoever wants more than `most` gets `most`, and the rest with the next page. */
export const pageLimit = (most: number, usual: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .default(usual)
    .transform((wanted) => Math.min(wanted, most));
