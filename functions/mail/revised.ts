/** What a mail says of a request that was sent back: what is different now, and what was asked for. */

import type { FieldChange, Shown } from '../../core/shown.ts';
import type { ToolContract } from '../../core/tools.ts';

/** More than these are read on the page. */
const maxChanges = 20;

/** Label and value, as they are; values of arguments that a contract calls sensitive are masked. */
export function revisedLines(
  { task, changed, earlier = [] }: Shown,
  contracts: readonly ToolContract[],
): [string, string][] {
  if (!task || !changed) return [];
  const sensitive = contracts.flatMap((contract) => contract.sensitive);
  const more = changed.length - maxChanges;
  return [
    ['Revision', `${task.revision} of at most ${task.rounds}`],
    ...earlier
      .flatMap((one) => one.task.votes)
      .filter(({ comment }) => comment !== '')
      .map((vote): [string, string] => [`${vote.by.name} said`, vote.comment]),
    ...(changed.length === 0 ? [['Changed', 'Nothing: the agent asks for the same again.'] as [string, string]] : []),
    ...changed.slice(0, maxChanges).map((one): [string, string] => [`Changed ${one.what}`, textOf(one, sensitive)]),
    ...(more > 0 ? [['Changed', `${more} more; the page shows all`] as [string, string]] : []),
  ];
}

function textOf({ what, before, after }: FieldChange, sensitive: readonly string[]): string {
  const isSensitive = sensitive.includes(what.split('.')[0] as string);
  const side = (text: string | undefined) => (text === undefined ? '(not there)' : isSensitive ? '••••' : text);
  return `${side(before)} → ${side(after)}`;
}
