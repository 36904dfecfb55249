/** Procedures that agents have carried out: bundles of every kind of step, with what follows where one succeeds or fails. */

import type { Random } from './random.ts';

const hour = 3600;

/** Many fail and are tried again; some are given up. */
const retries = (random: Random) => ({
  retry: { max_retries: random.between(0, 2), retry_delay_seconds: random.between(1, hour) },
});

const work = (random: Random, step_id: string, more: object = {}) => ({
  step_id,
  assigned_to: random.pick(['packer', 'checker']),
  ...(random.chance(0.6) ? { step_deadline_seconds: random.between(60, 8 * hour) } : {}),
  ...retries(random),
  ...more,
});
const asks = (step_id: string, more: object = {}) => ({ step_id, requires_approval: true, ...more });
const waits = (random: Random, step_id: string, more: object = {}) => ({
  step_id,
  runtime_type: 'delay',
  runtime_config: { seconds: random.below(2 * hour) },
  ...more,
});
const tells = (step_id: string, more: object = {}) => ({
  step_id,
  runtime_type: 'notification',
  assigned_to: 'boss',
  ...more,
});

const workflows = [
  (random: Random) => [
    work(random, 'pack', { on_failure: 'give_up' }),
    waits(random, 'rest'),
    asks('agree', { step_deadline_seconds: 20 * hour, on_failure: 'give_up', ...retries(random) }),
    tells('tell', { on_success: 'ship' }),
    work(random, 'ship'),
    tells('give_up'),
  ],
  (random: Random) => [
    work(random, 'draft', { max_visits: random.between(1, 3), remind_after_seconds: 30 }),
    asks('look', { on_success: 'told', on_failure: 'draft' }),
    tells('told'),
  ],
  (random: Random) => [
    tells('begins'),
    { step_id: 'remember', runtime_type: 'reminder' },
    waits(random, 'rest'),
    work(random, 'pack', { on_failure: 'late' }),
    { step_id: 'late', runtime_type: 'timeout', runtime_config: { seconds: random.below(hour) }, ...retries(random) },
  ],
  () => [asks('agree'), asks('agree_again', { runtime_type: 'escalation', assigned_to: 'boss' })],
  (random: Random) => [
    work(random, 'poll', { on_success: 'done', on_failure: 'pause' }),
    waits(random, 'pause', { on_success: 'poll', max_visits: 3 }),
    tells('done'),
  ],
] as const;

export const bundleOf = (random: Random, now: number): object => ({
  scenario_id: 'ship.parcel',
  agents: ['packer', 'checker'].map((name) => ({ role: name, address: name })),
  humans: [{ role: 'boss', contact: 'cleo' }],
  workflow: { steps: random.pick(workflows)?.(random) ?? [] },
  intent: {
    type: 'task.ship.v1',
    payload: { order: 'A-1042' },
    ...(random.chance(0.5) ? { reply_to: 'support-bot' } : {}),
    ...(random.chance(0.5) ? { max_delivery_attempts: random.between(1, 3) } : {}),
    ...(random.chance(0.3)
      ? { deadline_at: new Date(now + random.between(3 * hour, 60 * hour) * 1000).toISOString() }
      : {}),
  },
});
