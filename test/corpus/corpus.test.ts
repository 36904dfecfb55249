/**
 * What each version stored, sent and called its functions with must be understood by all that come after it: an
 * approval waits for weeks, a run for months. `npm run corpus` records what this version makes, in the folder of its
 * number; folders of versions that were released are never changed.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { begin, play, type Scene } from './house.ts';
import { folder, newest, scenesOf, unknownOf, versions } from './recorded.ts';
import { shapesOf } from './shape.ts';
import { stories, tell } from './stories.ts';

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

/** Those of which each shows something that none before it does. */
async function made(): Promise<{ story: string; scenes: Scene[] }[]> {
  const seen = new Set<string>();
  const told: { story: string; scenes: Scene[] }[] = [];
  for (const story of stories) {
    const scenes = (await tell(story)).filter((scene) => {
      const shows = [...shapesOf(scene), `${scene.to} ${JSON.stringify(scene.then)}`, scene.name.replace(/^.*?: /, '')];
      const isNew = shows.some((one) => !seen.has(one));
      for (const one of shows) seen.add(one);
      return isNew;
    });
    told.push({ story: story.name, scenes });
  }
  return told;
}

const recording = process.env.CORPUS === 'record';

it.runIf(recording)('is recorded', async () => {
  const target = join(folder, packageJson.version);
  const told = await made();
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  for (const { story, scenes } of told) {
    const lines = scenes.map((scene) => `${JSON.stringify(scene)}\n`);
    if (lines.length > 0) writeFileSync(join(target, `${story.replaceAll(/\W+/g, '-')}.jsonl`), lines.join(''));
  }
});

describe.each(recording ? [] : versions())('what %s left', (version) => {
  it.each(scenesOf(version).map((scene) => [scene.name, scene] as const))('%s', async (_, recorded) => {
    begin(recorded.at, recorded);
    const { scene } = await play(recorded.name, recorded.to, structuredClone(recorded.event), true);
    expect(scene.then).toEqual(recorded.then);
  });
});

/** All stories are told anew, which takes long on a busy machine. */
const tellingMs = 60_000;

it.skipIf(recording)('holds what this version makes (if not: npm run corpus)', { timeout: tellingMs }, async () => {
  expect(unknownOf((await made()).flatMap(({ scenes }) => scenes.flatMap(shapesOf)))).toEqual([]);
});

it.skipIf(recording)('has every state of every shape', () => {
  const steps = newest().map(({ event }) => event as { step?: string; mode?: string });
  expect(new Set(steps.map(({ step, mode }) => step ?? mode).filter(Boolean))).toEqual(
    new Set([
      ...['triage', 'retrieve_context', 'propose_action', 'policy_check', 'escalate', 'rung', 'execute', 'verify'],
      ...['complete', 'record_failure', 'await_answer', 'delivery_rung', 'procedure_step', 'procedure_wait'],
    ]),
  );
});
