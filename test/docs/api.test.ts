/** The JSON of docs/api.md is what the wire takes and gives. */

import { expect, it } from 'vitest';
import * as z from 'zod';
import { intentTypeOf } from '../../intents/index.ts';
import { created, gotIntent, listedEvents } from '../../wire/answers.ts';
import { createIntent } from '../../wire/intents.ts';
import { codeBlocks, textOf } from './markdown.ts';

const error = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    category: z.string(),
    retryable: z.boolean(),
    at: z.iso.datetime(),
    details: z.record(z.string(), z.string()),
  }),
  detail: z.string(),
  code: z.string(),
  message: z.string(),
});

const schemas: Record<string, z.ZodType> = {
  createIntent,
  created,
  gotIntent,
  listedEvents,
  error,
  problem: error.extend({ type: z.string().startsWith('urn:'), title: z.string(), status: z.int() }),
  result: z.looseObject({ approved: z.boolean(), output: z.looseObject({}), verified: z.boolean() }),
};

const blocks = codeBlocks('docs/api.md').filter(({ language }) => language === 'json');

it('has an example of each', () => {
  expect(new Set(blocks.map(({ says }) => says.schema))).toEqual(new Set(Object.keys(schemas)));
});

it.each(blocks)('example of $says.schema', ({ says, code }) => {
  const schema = schemas[says.schema ?? ''];
  const value = JSON.parse(code);
  // What is read from the wire has defaults and upper case; an example is complete, so nothing is lost.
  expect(schema?.parse(value)).toMatchObject(value);
});

it('payloads fit their types', () => {
  for (const { says, code } of blocks) {
    if (says.schema !== 'createIntent') continue;
    const { intent_type, payload } = createIntent.parse(JSON.parse(code));
    expect(intentTypeOf(intent_type)?.payload.parse(payload)).toEqual(payload);
  }
});

it('names every field that can be submitted', () => {
  const { human_task, ...top } = createIntent.shape;
  const text = textOf('docs/api.md');
  for (const field of [...Object.keys(top), ...Object.keys(human_task.unwrap().shape)])
    expect(text, field).toMatch(new RegExp(`^\\| .*\`${field}\`.* \\|`, 'm'));
});
