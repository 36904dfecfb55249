/** Texts of a length, as schemas ask for them. */

import * as z from 'zod';
import { exceeds } from './text.ts';

/**
 * A text of so many characters: code points, as JSON Schema's `minLength` and `maxLength` count them, and those who hold a
 * client to our OpenAPI. Zod's own `min` and `max` count UTF-16 units, by which an emoji is two.
 */
export const characters = (least: number, most: number, of = z.string()) =>
  of
    .check((given) => {
      const { value: input, issues } = given;
      const said = { origin: 'string', inclusive: true, input, continue: true } as const;
      if (exceeds(input, most)) issues.push({ ...said, code: 'too_big', maximum: most });
      if (least > 0 && !exceeds(input, least - 1)) issues.push({ ...said, code: 'too_small', minimum: least });
    })
    .meta({ ...(least > 0 ? { minLength: least } : {}), maxLength: most });
