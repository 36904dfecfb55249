/** What axe says of a page, in words that name the place. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Rules that axe leaves out unless asked: WCAG 2.2's smallest size of what can be clicked. */
const strict = { 'target-size': { enabled: true } };

/** The mailbox shows mail in a frame where no script runs, so axe can't look into it; mail is looked at on its own. */
export const axe = (page: Page) => new AxeBuilder({ page }).options({ rules: strict }).exclude('iframe');

export const found = ({ id, nodes }: { id: string; nodes: { html: string; failureSummary?: string }[] }) => ({
  id,
  where: nodes.map((node) => `${node.html}: ${node.failureSummary}`),
});
