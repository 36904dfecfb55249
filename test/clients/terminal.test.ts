/** What a terminal shows: colours, a sign of life, and a question that waits for its answer. */

import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCodes } from '../../clients/cli/outcome.ts';
import { createTestWorld } from '../../clients/sdk/testing/index.ts';
import { atTerminal, noTerminal } from './holdpoint.ts';
import { atHome } from './home.ts';

const world = createTestWorld();
const { home, door } = atHome(world);
beforeEach((test) => test.skip(noTerminal !== undefined, noTerminal));

const run = (args: string[], key: string, env: Record<string, string> = {}) => {
  const ran = atTerminal(args, { ...home.env, HOLDPOINT_URL: door.url, HOLDPOINT_API_KEY: key, ...env });
  const shows = (what: string | RegExp) =>
    vi.waitFor(() => expect(ran.said().stdout).toMatch(what), { timeout: 30_000 });
  return { ...ran, shows };
};

async function asked(): Promise<string> {
  const { intent_id: id } = await world.client('asker').submit({
    intent_type: 'intent.approval.v1',
    payload: { task: 'Deploy?' },
  });
  await world.settled();
  return id;
}

const esc = '\u001b';
const clear = `\r${esc}[K`;

describe('watching', () => {
  it('shows events in colour, and below them for whom it waits and since when', async () => {
    const id = await asked();
    const watching = run(['intents', 'watch', id], world.keyOf('asker'));
    await watching.shows(`${esc}[33mWAITING${esc}[39m`);
    await watching.shows(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Waits for .+ [1-9]\d* s/);
    await world.decide('ada', 'approved', { intent_id: id });
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout).toContain(`${esc}[32mCOMPLETED${esc}[39m`);
    // Nothing of the sign of life is left.
    expect(stdout.endsWith(clear)).toBe(true);
    const lines = stripVTControlCharacters(stdout.replaceAll(new RegExp(`[^\n]*\r${esc}\\[K`, 'g'), ''));
    expect(lines).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(lines).toMatch(/^\d{4}-\d\d-\d\d \(UTC\)\r\n/);
  });

  it('shows no colour where NO_COLOR says so', async () => {
    const id = await asked();
    await world.decide('ada', 'approved', { intent_id: id });
    const { code, stdout } = await run(['intents', 'watch', id], world.keyOf('asker'), { NO_COLOR: '1' }).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('COMPLETED');
    expect(stdout.replaceAll(`${esc}[K`, '')).not.toContain(esc);
  });

  it('ends at Ctrl-C', async () => {
    const watching = run(['intents', 'watch', await asked()], world.keyOf('asker'));
    await watching.shows('Waits for');
    watching.child.stdin.write('\u0003');
    expect((await watching.ended).code).toBe(exitCodes.interrupted);
  });
});

describe('approving', () => {
  const approve = (id: string) =>
    run(['tasks', 'approve', `${id}.1`, '--reason', 'as_expected'], world.keyOf('desk', { mayDecideAs: 'ada' }));

  it.each(['n', '', 'yess'])('shows what is decided on, asks, and decides nothing after %j', async (answer) => {
    const id = await asked();
    const approving = approve(id);
    await approving.shows(/Deploy\?[\s\S]*Decide .*approved.* on .+\? \[y\/N\] /);
    approving.child.stdin.write(`${answer}\n`);
    const { code, stdout } = await approving.ended;
    expect([code, stdout]).toEqual([exitCodes.failed, expect.stringContaining('Nothing was decided.')]);
    expect(await world.client('asker').get(id)).toMatchObject({ status: 'WAITING' });
  });

  it('decides after y', async () => {
    const id = await asked();
    const approving = approve(id);
    await approving.shows('[y/N] ');
    expect(await world.client('asker').get(id)).toMatchObject({ status: 'WAITING' });
    approving.child.stdin.write('y\n');
    const { code, stdout } = await approving.ended;
    expect([code, stripVTControlCharacters(stdout)]).toEqual([
      0,
      expect.stringContaining(`Decided: approved of ${id}.1.`),
    ]);
    await world.settled();
    expect(await world.client('asker').get(id)).toMatchObject({ status: 'COMPLETED' });
  });
});
