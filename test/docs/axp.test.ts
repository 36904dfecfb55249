/** docs/axp.md has every endpoint, and no other. */

import { expect, it } from 'vitest';
import { pathIn, routes } from '../../wire/routes.ts';
import { textOf } from './markdown.ts';

const rows = [...textOf('docs/axp.md').matchAll(/^\| `((?:GET|POST|PUT|DELETE) \S+)` \| (yes)?/gm)].map(
  ([, name = '', axp]): [string, boolean] => [name, axp !== undefined],
);

it('has every endpoint, and no other', () => {
  expect(rows.map(([name]) => name).sort()).toEqual(routes.map((route) => `${route.method} ${pathIn(route)}`).sort());
});

it('says of each that has a schema of AXP that it is AXP’s', () => {
  for (const route of routes) if (route.axp) expect(rows).toContainEqual([`${route.method} ${pathIn(route)}`, true]);
});
