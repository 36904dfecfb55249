import type { z } from 'zod';

/** The environment as the function's schema has it; throws at start where something is missing. */
export const readEnv = <S extends z.ZodType>(schema: S): z.infer<S> => schema.parse(process.env);
