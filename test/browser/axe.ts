/** What axe says of a page, in words that name the place, and whether everybody can read it. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { expectFits, height, keep, looks } from './pages.ts';

/** Rules that axe leaves out unless asked: WCAG 2.2's smallest size of what can be clicked. */
const strict = { 'target-size': { enabled: true } };

/** The mailbox shows mail in a frame where no script runs, so axe can't look into it; mail is looked at on its own. */
export const axe = (page: Page) => new AxeBuilder({ page }).options({ rules: strict }).exclude('iframe');

export const found = ({ id, nodes }: { id: string; nodes: { html: string; failureSummary?: string }[] }) => ({
  id,
  where: nodes.map((node) => `${node.html}: ${node.failureSummary}`),
});

/** Axe finds nothing in the page, light and dark, narrow and wide; nothing scrolls sideways or is cut, also enlarged. */
export async function expectForEverybody(page: Page, name: string): Promise<void> {
  for (const { colorScheme, device, width } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    const { violations, passes } = await axe(page).analyze();
    expect(violations.map(found), `${name}, ${colorScheme}, ${device}`).toEqual([]);
    expect(passes.map((rule) => rule.id)).toContain('color-contrast');
    await keep(page, `${name}-${colorScheme}-${device}`);
  }
  await expectFits(page);
  await keep(page, `${name}-enlarged`);
}
