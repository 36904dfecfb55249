/** `holdpoint trigger`: a sample of a declared type, to try a deployment with. */

import type { Command } from 'commander';
import type { JsonObject } from '../../core/json.ts';
import { byApi } from './api.ts';
import type { At } from './contexts.ts';
import { jsonHint, objectFrom, setIn } from './given.ts';
import { submitted } from './intents.ts';
import { columns, exitCodes, Refused } from './outcome.ts';

export function addTrigger(program: Command): void {
  byApi(program.command('trigger'))
    .description('submit a sample intent of a declared type; without a type, list those that have one')
    .argument('[type]', 'the type, or its short name: refund is intent.refund.v1')
    .option('--set <name=value>', 'another value in the sample; name:=JSON for numbers; may be given again', setIn)
    .option('--payload <json>', `another payload: ${jsonHint}`)
    .option('--watch', 'then watch it until it ends')
    .action(trigger);
}

type Options = At & { set?: JsonObject; payload?: string; watch?: true };

async function trigger(given: string | undefined, options: Options) {
  const { intentTypes, intentTypeOf } = await import('../../intents/index.ts');
  const found = intentTypes.map(({ type, title, sample }) => ({ type, title, sample: sample ?? null }));
  if (given === undefined) {
    const { answer } = await import('./outcome.ts');
    const rows = found.map((one) => [one.type, one.title, one.sample === null ? '-' : JSON.stringify(one.sample)]);
    return answer(options.json, { types: found }, columns(['TYPE', 'TITLE', 'SAMPLE'], rows));
  }
  const type = intentTypeOf(given) ?? intentTypeOf(`intent.${given}.v1`);
  if (!type)
    throw new Refused(
      `${given} is no type that is declared here: ${found.map((one) => one.type).join(', ')}. Of others, holdpoint intents submit asks.`,
      exitCodes.notFound,
    );
  const payload = options.payload === undefined ? type.sample : await objectFrom(options.payload, '--payload');
  if (payload === undefined)
    throw new Refused(`${type.type} declares no sample: give --payload, or a sample in its file.`, exitCodes.usage);
  await submitted({ intent_type: type.type, payload: { ...(payload as JsonObject), ...options.set } }, options);
}
