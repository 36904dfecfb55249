/** AXP's published schemas, where they lie beside the repository, or in the folder `AXP_SCHEMAS`. */

import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const folder = process.env.AXP_SCHEMAS
  ? pathToFileURL(`${process.env.AXP_SCHEMAS}/`)
  : new URL('../../../shared/axp/', import.meta.url);

/** Whether the schemas are there; tests that need them are skipped otherwise, and the run says so. */
export const schemasAreHere = existsSync(folder);
if (!schemasAreHere) console.warn(`AXP's schemas are not at ${folder.pathname}: answers are not checked against them.`);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

const validatorOf = (file: string) => {
  const known = compiled.get(file);
  if (known) return known;
  const made = ajv.compile(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as object);
  compiled.set(file, made);
  return made;
};

/** What AXP's schema finds wrong with a value; nothing where it fits. */
export function faultsBy(file: string, value: unknown): string[] {
  const validate = validatorOf(file);
  validate(JSON.parse(JSON.stringify(value)));
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
