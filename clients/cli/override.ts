/** `holdpoint override start`: freezes an intent in an emergency. Who ends it is decided by a person, on a page of their own. */

import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { HoldpointError } from '../../core/errors.ts';
import { intentId } from '../../wire/intents.ts';
import { tenantOf } from './arguments.ts';
import { answer, Refused } from './outcome.ts';
import { directoryOf, type Here, here } from './people.ts';

export function addOverride(program: Command): void {
  const override = program.command('override').description('emergency takeover of one intent');
  here(override.command('start'))
    .description(
      'freeze an intent for good: no tool of it is called any more, and operators are asked to end it by hand',
    )
    .argument('<intent-id>', 'the intent', intentOf)
    .requiredOption('--tenant <org/workspace>', 'its tenant', tenantOf)
    .requiredOption('--reason <text>', 'why; operators, the agent and the record are told')
    .option('--by <person>', 'id or mail address of the person of the directory who freezes it', userInfo().username)
    .action(start);
}

function intentOf(given: string): string {
  if (intentId.safeParse(given).success) return given;
  throw new InvalidArgumentError('The id of an intent is a UUID.');
}

async function start(id: string, options: Here & { tenant: string; reason: string; by: string }) {
  const { withTarget } = await import('./target.ts');
  const { perform } = await import('../../core/commit.ts');
  const { freeze } = await import('../../core/rules/override.ts');
  const { dynamoStore } = await import('../../adapters/store.ts');
  const { context } = await import('../../adapters/lambda/context.ts');
  const { intentTypeOf } = await import('../../intents/index.ts');
  const { freezer } = await import('../../core/rules/override-task.ts');
  const { reason, tenant } = options;
  const by = await withTarget(options, async (target) => {
    const { client, tables } = target;
    const directory = await directoryOf(options, target);
    let who = '';
    await perform(dynamoStore({ client, tables }), { tenant, intentId: id }, {}, context, (state, now) => {
      who = freezer(options.by, state && intentTypeOf(state.head.type), directory).id;
      return freeze(state, { by: { kind: 'person', id: who, via: 'named at the command line' }, reason }, now);
    });
    return who;
  }).catch((error: unknown) => {
    throw error instanceof HoldpointError ? new Refused(`Nothing was frozen. ${error.message}`) : error;
  });
  answer(
    options.json,
    { frozen: { tenant, intent_id: id }, reason, by },
    `Frozen: ${id}.\nFrom now on no tool of it is called; a call that is already out is settled. Who holds the role of operators is mailed, and ends it by hand.`,
  );
}
