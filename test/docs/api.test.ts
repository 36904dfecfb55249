/** The JSON of docs/api.md is what the wire takes and gives. */

import { expect, it } from 'vitest';
import * as z from 'zod';
import { delegated } from '../../core/delegation.ts';
import { outcomesOf, reasonsOf, type TaskType, taskRule, taskTypes } from '../../core/tasks.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { created, gotIntent, listedEvents, resumed } from '../../wire/answers.ts';
import { putBinding } from '../../wire/bindings.ts';
import { errorBody, problemBody } from '../../wire/error-answer.ts';
import { createIntent, resumeIntent } from '../../wire/intents.ts';
import { codeBlocks, textOf } from './markdown.ts';

const schemas: Record<string, z.ZodType> = {
  createIntent,
  created,
  gotIntent,
  listedEvents,
  putBinding,
  resumeIntent,
  resumed,
  error: errorBody,
  problem: problemBody,
  result: z.looseObject({ approved: z.boolean(), output: z.looseObject({}), verified: z.boolean() }),
};

const blocks = ['docs/api.md', 'docs/agents.md'].flatMap(codeBlocks).filter(({ language }) => language === 'json');

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
    expect((intentTypeOf(intent_type) ?? delegated(intent_type))?.payload.parse(payload)).toEqual(payload);
  }
});

it('names every field that can be submitted', () => {
  const { human_task, ...top } = createIntent.shape;
  const text = textOf('docs/api.md');
  for (const field of [...Object.keys(top), ...Object.keys(human_task.unwrap().shape)])
    expect(text, field).toMatch(new RegExp(`^\\| .*\`${field}\`.* \\|`, 'm'));
});

it('names every task with its words in AXP and its outcomes, and every outcome with its reasons', () => {
  const text = textOf('docs/api.md');
  const row = (begins: RegExp) => text.split('\n').find((line) => line.startsWith('|') && begins.test(line)) ?? '';
  for (const type of Object.keys(taskTypes) as TaskType[]) {
    const asked = row(new RegExp(`^\\| \`${type}\` \\|`));
    for (const word of [...taskRule(type).also, ...outcomesOf(type).map(({ name }) => name)])
      expect(asked, type).toContain(`\`${word}\``);
    for (const choice of outcomesOf(type)) {
      const own = row(new RegExp(`^\\| \`${choice.name}\` of an? ${type} \\|`));
      const reasons = own || row(new RegExp(`^\\| [^|]*\`${choice.name}\`[^|]* \\| \`[a-z_]+\``));
      expect(reasons.split('|')[2]?.trim(), choice.name).toBe(
        Object.keys(reasonsOf(choice))
          .map((code) => `\`${code}\``)
          .join(', '),
      );
    }
  }
});
