/** Rights: what each role grants is what is used, and nothing works without any of it. Runs after all that is deployed. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aws, stack, within } from '../deployed/world.ts';
import { openBotocore } from './botocore.ts';
import { writeRights } from './document.ts';
import { namesOf } from './names.ts';
import { type Need, needs } from './needs.ts';
import { onlyOnAws } from './only-on-aws.ts';
import { type ProbeName, prepareProbe } from './probes.ts';
import { openRoles, type Right } from './rights.ts';
import { decisions } from './trail.ts';

const functions = JSON.parse(stack.outputs.Functions ?? '{}') as Record<string, string>;
const trail = stack.trail ?? '';
const nameOf = namesOf(stack.outputs);
const botocore = await openBotocore(aws);
const roles = await openRoles(aws, functions, botocore);
const granted = roles.all();
/** As `textOf`: what the trail had before anything was taken away, and whose absence a probe has shown. */
const seen = new Set<string>();
const shown = new Set<string>();
/** `RIGHTS=push,steps` takes rights away from these functions only, and writes no document: for who works on them. */
const only = process.env.RIGHTS?.split(',') ?? [];
afterAll(() => {
  botocore.close();
  if (only.length === 0) writeRights({ granted, seen, shown, textOf, nameOf });
});

const textOf = (right: Right) => `${right.function} ${right.action} ${nameOf(right.arn)}`;
const isOnlyOnAws = (right: Right) =>
  onlyOnAws.find(
    ({ function: only = right.function, actions, resource }) =>
      only === right.function && actions.includes(right.action) && resource.test(nameOf(right.arn)),
  );

const needed = Object.entries(needs)
  .filter(([name]) => only.length === 0 || only.includes(name))
  .flatMap(([name, list]) => list.map((need): [string, Need] => [name, need]));
const probes = [...Map.groupBy(needed, ([, [, , probe]]) => probe)];

/** How long the probes took with every right in place, seconds; what fails is given half as much again, and a little more. */
const usual = new Map<ProbeName, number>();

async function passes(probe: ProbeName): Promise<void> {
  const run = await prepareProbe(probe);
  const from = Date.now();
  await run();
  usual.set(probe, Math.max(usual.get(probe) ?? 0, (Date.now() - from) / 1000));
}

describe('with every right', () => {
  it.each(probes.map(([probe]) => probe))('"%s" passes', passes);
});

describe('what the roles grant and what is used', () => {
  const refused = new Set<string>();
  beforeAll(() => {
    for (const one of decisions(trail, functions)) (one.allowed ? seen : refused).add(textOf(one));
  });

  it('nothing was refused', () => {
    expect([...refused]).toEqual([]);
  });

  it.skipIf(only.length > 0)('every right is used, or is listed as what only AWS uses', () => {
    expect(granted.filter((right) => !seen.has(textOf(right)) && !isOnlyOnAws(right)).map(textOf)).toEqual([]);
  });

  it('nothing is used that is not granted', () => {
    const rights = new Set(granted.map(textOf));
    expect([...seen].filter((text) => !rights.has(text))).toEqual([]);
  });

  it('what only AWS uses is granted, not seen here, and has its reason', () => {
    for (const entry of onlyOnAws) {
      for (const action of entry.actions) {
        const listed = granted.filter((right) => right.action === action && isOnlyOnAws(right) === entry);
        expect(listed, `${action} ${entry.resource}`).not.toEqual([]);
        expect(listed.map(textOf).filter((text) => seen.has(text))).toEqual([]);
      }
      expect(entry.reason.length).toBeGreaterThan(20);
    }
  });

  it('every right that is used here has a probe, and every probe its right', () => {
    const probed = Object.entries(needs).flatMap(([name, list]) =>
      list.map(([action, resource]) => `${name} ${action} ${resource}`),
    );
    expect(new Set(probed).size).toBe(probed.length);
    expect(probed.sort()).toEqual(
      granted
        .filter((right) => !isOnlyOnAws(right))
        .map(textOf)
        .sort(),
    );
  });
});

describe.each(probes)('"%s"', (probe, rights) => {
  const failed: Right[] = [];

  it.each(rights.map(([name, [action, resource]]) => [name, action, resource] as const))(
    'fails where %s has no %s on %s',
    async (name, action, resource) => {
      const right = granted.find((one) => textOf(one) === `${name} ${action} ${resource}`);
      if (!right) throw new Error('no role has this right');
      const run = await prepareProbe(probe);
      const since = Date.now() / 1000;
      await roles.take(right);
      try {
        await expect(within(1.5 * (usual.get(probe) ?? 0) + 2, run)).rejects.toThrow();
        const denied = decisions(trail, functions, since).filter(({ allowed }) => !allowed);
        expect([...new Set(denied.map(textOf))]).toEqual([textOf(right)]);
        failed.push(right);
      } finally {
        await roles.giveBack(name);
      }
    },
  );

  it('passes again with all of them', async () => {
    await passes(probe);
    for (const right of failed) shown.add(textOf(right));
  });
});
