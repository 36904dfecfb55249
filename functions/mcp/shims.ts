/**
 * Stands in the bundle for what the SDK has for each runtime: a validator of what clients' users fill in, of 150 KB. None of
 * our tools asks for that; tool arguments are checked by our own schemas.
 */

export { default as process } from 'node:process';

export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error('No tool asks users to fill in anything.');
  }
}
