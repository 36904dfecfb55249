import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../core/audit.ts';
import { chainOf } from '../../core/commit.ts';
import { axpAllows, axpTerminal } from './axp.ts';
import { refundAsked, World } from './world.ts';

/** What may happen next: mostly the course of things, now and then a fault. Numbers pick among what there is. */
const happening = fc.record({
  what: fc.oneof(
    { weight: 10, arbitrary: fc.constant('flow' as const) },
    { weight: 6, arbitrary: fc.constantFrom('deliver' as const, 'step' as const, 'tool' as const) },
    { weight: 3, arbitrary: fc.constant('post' as const) },
    { weight: 3, arbitrary: fc.constantFrom('repeat' as const, 'lose' as const, 'sweep' as const, 'crash' as const) },
    { weight: 1, arbitrary: fc.constantFrom('kill' as const, 'fail' as const, 'stop' as const, 'resume' as const) },
  ),
  which: fc.nat(1000),
  /** How long before it. */
  seconds: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 5, 20, 40, 130, 90_000),
  approve: fc.boolean(),
  treatment: fc.record({
    paysAfterMs: fc.constantFrom(0, 500, 9_000),
    says: fc.constantFrom('succeeded' as const, 'nothing' as const),
  }),
  /** Of ten calls, one is refused and two get lost before they arrive. */
  fate: fc.integer({ min: 0, max: 9 }),
  error: fc.constantFrom('PolicyDenied', 'TerminalError', 'RetryableError', 'Lambda.Unknown'),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** What is asked, by name, so that a counterexample can be read. */
const requests = {
  approval: {},
  refund: refundAsked(),
  'small refund': refundAsked({ amount_cents: 4_000 }),
  'large refund': refundAsked({ amount_cents: 600_000 }),
};
const asked = fc.constantFrom(...(Object.keys(requests) as (keyof typeof requests)[]));

const pick = <T>(items: readonly T[], which: number): T | undefined => items[which % Math.max(1, items.length)];

async function happen(world: World, { what, which, seconds, approve, treatment, fate, error }: Happening) {
  world.pass(seconds);
  world.tools.next = fate === 0 ? { says: 'failed' } : fate < 3 ? { says: 'nothing' } : treatment;
  const run = pick(world.runs, which);
  const row = pick(world.outbox(), which);
  const link = pick(world.links, which);
  const invocation = pick(world.tools.invocations, which);
  if (what === 'flow') await world.flow();
  if (what === 'deliver' && row) await world.deliver(row);
  if (what === 'step' && run) await world.step(run);
  if (what === 'repeat' && run) await world.repeat(run);
  if (what === 'kill' && run) world.kill(run);
  if (what === 'fail' && run && run.at !== 'ENDED') await world.fail(run, error);
  if (what === 'tool' && invocation) await world.tools.advance(invocation);
  if (what === 'crash' && invocation && !invocation.ended) world.tools.crash(invocation);
  if (what === 'post' && link) await world.post(link, approve ? 'approved' : 'rejected', approve ? '' : 'no');
  if (what === 'sweep') await world.sweep();
  if (what === 'stop') world.memory.stop({ kind: 'tool', id: 'issue_refund' });
  if (what === 'resume') world.memory.resume({ kind: 'tool', id: 'issue_refund' });
  if (what === 'lose') world.loseAnswers(1);
}

async function live(given: { asked: keyof typeof requests; happenings: Happening[] }): Promise<World> {
  const world = new World(requests[given.asked]);
  await world.begun();
  for (const one of given.happenings) await happen(world, one);
  return world;
}

const lives = fc.record({
  asked,
  happenings: fc.array(happening, { minLength: 5, maxLength: 60, size: 'max' }),
});
const runs = { numRuns: 400 };

describe('whatever happens in whatever order to an intent', () => {
  it('keeps the lifecycle, its numbers and its chain', () =>
    fc.assert(
      fc.asyncProperty(lives, async (given) => {
        const world = await live(given);
        const events = await world.store.events(world.ref, 0, 10_000);
        const statuses = events.map((event) => event.status);
        for (const [i, to] of statuses.entries()) {
          const from = statuses[i - 1];
          expect(
            from === undefined ? to === 'CREATED' : (from === to && !axpTerminal.includes(to)) || axpAllows(from, to),
          ).toBe(true);
        }
        expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
        const { head } = await world.state();
        expect(head).toMatchObject({ seq: events.length, status: statuses.at(-1) });
        expect(
          verifyChain(chainOf(world.ref), world.memory.records(world.ref), {
            seq: head.auditSeq,
            hash: head.auditHash,
          }),
        ).toMatchObject({ ok: true, faults: [] });
      }),
      runs,
    ));

  it('never ends over an open tool call, never counts below nothing, and keeps the head under 1 KB', () =>
    fc.assert(
      fc.asyncProperty(lives, async (given) => {
        for (const { head } of (await live(given)).commits) {
          expect(head.openEffects).toBeGreaterThanOrEqual(0);
          if (axpTerminal.includes(head.status)) expect(head).toMatchObject({ openEffects: 0 });
          expect(Buffer.byteLength(JSON.stringify(head))).toBeLessThan(1024);
        }
      }),
      runs,
    ));

  it('decides at most once, pays at most once, and ends in the end', () =>
    fc.assert(
      fc.asyncProperty(lives, async (given) => {
        const world = await live(given);
        world.memory.resume({ kind: 'tool', id: 'issue_refund' });
        expect(await world.calmDown(400)).toBe(true);
        const { head, effect } = await world.state();
        const actions = world.memory.records(world.ref).map((record) => record.action);
        expect(actions.filter((action) => action === 'task.decided').length).toBeLessThanOrEqual(1);
        const settled = world.memory.records(world.ref).filter((record) => record.action === 'effect.settled');
        expect(settled.filter((record) => record.data.state === 'SUCCEEDED').length).toBeLessThanOrEqual(1);
        expect(world.tools.payments.length).toBeLessThanOrEqual(1);
        if (head.status === 'COMPLETED' && effect) expect(world.tools.payments.length).toBe(1);
        if (effect) expect(effect.state === 'SUCCEEDED').toBe(world.tools.payments.length === 1);
        const rejected = (await world.state()).task?.decision?.outcome === 'rejected';
        if (rejected) expect(world.tools.payments).toEqual([]);
      }),
      runs,
    ));
});
