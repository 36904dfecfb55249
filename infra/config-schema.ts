/** Writes the JSON schema that editors check `holdpoint.config.json` by: `npm run config-schema`. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from './config.ts';

const file = join(import.meta.dirname, '..', 'holdpoint.config.schema.json');
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
