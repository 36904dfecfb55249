import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configJsonSchema } from '../../infra/config.ts';

it('the schema for editors is that of the configuration (if not: npm run config-schema)', () => {
  const file = join(import.meta.dirname, '..', '..', 'holdpoint.config.schema.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});
