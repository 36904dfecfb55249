import { expect, it } from 'vitest';
import { intentTypes } from '../../intents/index.ts';

it.each(intentTypes.map((type) => [type.type, type] as const))('%s takes its own sample', (_, { payload, sample }) => {
  expect(sample).toBeDefined();
  expect(payload.parse(sample)).toEqual(sample);
});
