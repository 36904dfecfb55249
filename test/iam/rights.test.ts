/** Rights: what each role grants is what is used, and nothing works without any of it. Runs after all that is deployed. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aws, stack, within } from '../deployed/world.ts';
import { openBotocore } from './botocore.ts';
import { writeRights } from './document.ts';
import { namesOf } from './names.ts';
import { type Need, needs } from './needs.ts';
import { onlyOnAws } from './only-on-aws.ts';
import { prepareProbe } from './probes.ts';
import { openRoles, type Right } from './rights.ts';
import { decisions } from './trail.ts';

const functions = JSON.parse(stack.outputs.Functions ?? '{}') as Record<string, string>;
const trail = stack.trail ?? '';
const nameOf = namesOf(stack.outputs);
const botocore = await openBotocore(aws);
const roles = await openRoles(aws, functions, botocore);
const granted = roles.all();
/** As `textOf`: what the trail had before anything was taken away, and whose absence a probe has shown. */
let seen = new Set<string>();
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

describe('what the roles grant and what is used', () => {
  beforeAll(() => {
    const used = decisions(trail, functions);
    expect(used.filter(({ allowed }) => !allowed).map(textOf)).toEqual([]);
    seen = new Set(used.map(textOf));
  });

  it('every right is used, or is listed as what only AWS uses', () => {
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

const needed = Object.entries(needs)
  .filter(([name]) => only.length === 0 || only.includes(name))
  .flatMap(([name, list]) => list.map((need): [string, Need] => [name, need]));
const probes = [...Map.groupBy(needed, ([, [, , probe]]) => probe)];

describe.each(probes)('"%s"', (probe, rights) => {
  /** Seconds that it takes with every right in place; what fails is given twice that and a little more. */
  let usual = 0;
  const failed: Right[] = [];

  const passes = async () => {
    const run = await prepareProbe(probe);
    const from = Date.now();
    await run();
    usual = Math.max(usual, (Date.now() - from) / 1000);
  };

  it('passes', passes);

  it.each(rights.map(([name, [action, resource]]) => [name, action, resource] as const))(
    'fails where %s has no %s on %s',
    async (name, action, resource) => {
      const right = granted.find((one) => textOf(one) === `${name} ${action} ${resource}`);
      if (!right) throw new Error('no role has this right');
      const run = await prepareProbe(probe);
      const since = Date.now() / 1000;
      await roles.take(right);
      try {
        await expect(within(2 * usual + 2, run)).rejects.toThrow();
        const denied = decisions(trail, functions, since).filter(({ allowed }) => !allowed);
        expect([...new Set(denied.map(textOf))]).toEqual([textOf(right)]);
        failed.push(right);
      } finally {
        await roles.giveBack(name);
      }
    },
  );

  it('passes again with all of them', async () => {
    await passes();
    for (const right of failed) shown.add(textOf(right));
  });
});
