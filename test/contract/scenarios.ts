/** What holds of scenarios. */

import { expect } from 'vitest';
import { InvalidInputError, type Scenario } from '../../clients/sdk/index.ts';
import type { Case } from './place.ts';

const bundle = (more: object = {}): Scenario => ({
  scenario_id: 'rollout.web.v1',
  agents: [{ role: 'deployer', address: 'deployer' }],
  humans: [{ role: 'boss', contact: 'ada' }],
  workflow: {
    steps: [
      { step_id: 'approve', assigned_to: 'boss', human_task: { title: 'Roll out?' } },
      { step_id: 'deploy', assigned_to: 'deployer' },
    ],
  },
  intent: { type: 'rollout.web.v1', payload: { service: 'web' } },
  ...more,
});

export const scenarioCases: readonly Case[] = [
  {
    name: 'a scenario is checked, started once, and done step by step by people and agents',
    async run(at) {
      const [hp, deployer] = [at.agent('asker'), at.agent('deployer')];
      const { valid, errors, compile_id } = await hp.scenarios.validate(bundle());
      expect([valid, errors]).toEqual([true, []]);
      const given = bundle({ idempotency_key: 'rollout-7' });
      const applied = await hp.scenarios.apply(given);
      expect(applied).toMatchObject({ compile_id, agents_provisioned: [] });
      expect((await hp.scenarios.apply(given)).intent_id).toBe(applied.intent_id);
      await at.eventually('a task', async () => {
        const { tasks } = await at.person('ada').tasks.list();
        return tasks.some((task) => task.intent_id === applied.intent_id);
      });
      await at.person('ada').inbox.approve(applied.intent_id);
      const part = await at.eventually('a part for the deployer', async () => {
        return (await deployer.agents.mailbox('deployer')).intents[0];
      });
      await deployer.resume(part.intent_id, { action: 'complete', result: { version: 7 } });
      expect(await hp.waitFor(applied.intent_id, { timeoutSeconds: 120 })).toMatchObject({ status: 'COMPLETED' });
    },
  },
  {
    name: 'a scenario that does not hold together is told why, and not started',
    async run(at) {
      const { scenarios } = at.agent('asker');
      const wrong = bundle({ workflow: { steps: [{ step_id: 'a', assigned_to: 'deployer', on_success: 'nowhere' }] } });
      const { valid, errors } = await scenarios.validate(wrong);
      expect(valid).toBe(false);
      expect(errors.join()).toContain('nowhere');
      await expect(scenarios.apply(wrong)).rejects.toThrow(InvalidInputError);
      expect((await at.agent('asker').list()).intents).toEqual([]);
    },
  },
];
