/** `holdpoint override start`: freezes an intent in an emergency. Who ends it is decided by a person, on a page of their own. */

import { type Command, InvalidArgumentError } from 'commander';
import { HoldpointError, NotFound } from '../../core/errors.ts';
import { intentId } from '../../wire/intents.ts';
import { tenantOf } from './arguments.ts';
import { answer, Refused } from './outcome.ts';
import { directoryOf, type Here, here } from './person.ts';

export function addOverride(program: Command): void {
  const override = program.command('override').description('emergency takeover of one intent');
  here(override.command('start'))
    .description(
      'freeze an intent for good: no tool of it is called any more, and operators are asked to end it by hand',
    )
    .argument('<intent-id>', 'the intent', intentOf)
    .requiredOption('--tenant <org/workspace>', 'its tenant', tenantOf)
    .requiredOption('--reason <text>', 'why; operators, the agent and the record are told')
    .requiredOption('--by <person>', "who freezes it: id or mail address of a person who holds the operators' role")
    .action(start);
}

function intentOf(given: string): string {
  if (intentId.safeParse(given).success) return given;
  throw new InvalidArgumentError('The id of an intent is a UUID.');
}

async function start(id: string, options: Here & { tenant: string; reason: string; by: string }) {
  const { withTarget } = await import('./target.ts');
  const { perform } = await import('../../core/commit.ts');
  const { freezeAs } = await import('../../core/rules/override.ts');
  const { dynamoStore } = await import('../../adapters/store.ts');
  const { typeOfIntent } = await import('../../intents/index.ts');
  const { context } = await import('../../adapters/lambda/context.ts');
  const { reason, by, tenant } = options;
  await withTarget(options, async (target) => {
    const directory = await directoryOf(options, target);
    const store = dynamoStore(target);
    await perform(store, { tenant, intentId: id }, {}, context, (state, now) => {
      const type = state && typeOfIntent(state.head);
      if (!type) throw new NotFound('intent');
      return freezeAs(state, { id: by, via: 'named at the command line' }, reason, type, directory, now);
    });
  }).catch((error: unknown) => {
    throw error instanceof HoldpointError ? new Refused(`Nothing was frozen. ${error.message}`) : error;
  });
  answer(
    options.json,
    { frozen: { tenant, intent_id: id }, reason, by },
    `Frozen: ${id}.\nFrom now on no tool of it is called; a call that is already out is settled. Who holds the role of operators is mailed, and ends it by hand.`,
  );
}
