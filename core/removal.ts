/** What a deployment takes away from the intent types before it, and whether that may go. */

import type { IntentType } from './intent-type.ts';

/** What a deployment declares of an intent type, as far as open intents depend on it. */
export interface DeclaredType {
  type: string;
  shape: string;
  /** Its door: no new intents are taken in. */
  closed: boolean;
  /** Names of the tools that its plans may name. */
  tools: string[];
}

export const declaredOf = (type: IntentType): DeclaredType => ({
  type: type.type,
  shape: type.shape,
  closed: type.closed ?? false,
  tools: type.shape === 'action' ? type.tools.map(({ name }) => name) : [],
});

export type Loss =
  /** `open`: its door is, in the deployment before. */
  | { type: string; of: 'type'; open: boolean }
  | { type: string; of: 'shape' }
  | { type: string; of: 'tool'; tool: string };

/** What open intents of `before` would miss under `after`. */
export const lossesOf = (before: readonly DeclaredType[], after: readonly DeclaredType[]): Loss[] =>
  before.flatMap((was): Loss[] => {
    const is = after.find(({ type }) => type === was.type);
    if (!is) return [{ type: was.type, of: 'type', open: !was.closed }];
    if (is.shape !== was.shape) return [{ type: was.type, of: 'shape' }];
    const tools = was.tools.filter((tool) => !is.tools.includes(tool));
    return tools.map((tool) => ({ type: was.type, of: 'tool', tool }));
  });

/**
 * Why something may not go, and what to do, in one or two sentences; nothing where it may. `open`: how many intents of
 * the type are open. Behind an open door that number says nothing: the next one may come in while the deployment runs.
 */
export function refusalOf(loss: Loss, open: number): string | undefined {
  const { type } = loss;
  if (loss.of === 'type' && loss.open)
    return `${type} cannot be removed yet: its door is open. Declare it with closed: true and deploy that; remove it when \`holdpoint types\` shows that none of its intents is open.`;
  if (open === 0) return undefined;
  const waiting = open === 1 ? '1 of its intents is open' : `${open} of its intents are open`;
  if (loss.of === 'type')
    return `${type} cannot be removed yet: ${waiting}. Its door is closed: deploy this again when \`holdpoint types\` shows that none is.`;
  if (loss.of === 'shape')
    return `${type} cannot change its shape: ${waiting}. Declare a next version of the type beside it, and close the door of this one.`;
  return `${type} cannot lose its tool ${loss.tool} yet: ${waiting}, and may be about to call it. Keep it among the type's tools until \`holdpoint types\` shows that none is, or declare a next version of the type beside it.`;
}
