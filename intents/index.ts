import { carried } from '../core/delegation.ts';
import type { IntentType } from '../core/intent-type.ts';
import type { Head } from '../core/model.ts';
import { approval } from './approval.ts';
import { refund } from './refund.ts';

/** What this deployment can do. A new type is a file in this folder and a line here. */
export const intentTypes: readonly IntentType[] = [approval, refund];

/** A declared type by its name or one of its aliases. */
export const intentTypeOf = (name: string): IntentType | undefined =>
  intentTypes.find((type) => type.type === name || type.aliases.includes(name));

/** The type of an intent, also where it was delegated; what was taken in as such stays so, whatever is declared later. */
export const typeOfIntent = ({ type, delegated: is }: Pick<Head, 'type' | 'delegated'>): IntentType | undefined =>
  is ? carried(type) : intentTypeOf(type);
