import * as z from 'zod';
import { Directory } from '../core/directory.ts';

/** One person of the directory's configuration. */
export const person = z.strictObject({
  id: z.string().min(1).max(128),
  name: z.string().min(1).max(200),
  mail: z.email(),
  roles: z.array(z.string().min(1).max(64)),
});

export const directorySchema = z.strictObject({ people: z.array(person) });

/** Put in by the bundler from the deployment's configuration. */
declare const HOLDPOINT_DIRECTORY: unknown;

/** The directory this function was deployed with. */
export const directory = (): Directory => new Directory(directorySchema.parse(HOLDPOINT_DIRECTORY).people);
