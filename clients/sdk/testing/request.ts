/** One request to the world. */

import type { z } from 'zod';
import { InvalidInput } from '../../../core/errors.ts';
import { invalidBody } from '../../../wire/errors.ts';
import { maxBodyBytes, readJson } from '../../../wire/json.ts';
import type { GivenQuery } from '../../../wire/query.ts';

export interface Asked {
  method: string;
  path: string;
  query: GivenQuery;
  headers: Headers;
  /** Parsed; `{}` where there is none. */
  body: unknown;
  /** What stands in the path: an id, or an address. */
  id: string;
  traceId: string;
}

/** As text to send, with headers. */
export interface Answered {
  body: object | string;
  headers?: Record<string, string>;
}

/** Throws InvalidInput as a deployment does. */
export function bodyIn(text: string): unknown {
  if (new TextEncoder().encode(text).length > maxBodyBytes)
    throw new InvalidInput(
      `A body has at most ${maxBodyBytes} bytes.`,
      { limit_bytes: maxBodyBytes },
      'payload_too_large',
    );
  return text.trim() === '' ? {} : readJson(text);
}

/** Throws InvalidInput with the field's path. */
export function as<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}
