/** Forms of generated schemas, filled in by a real browser: what it sends gives back what was filled in. */

import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { dataOf, errorsIn } from '../../core/form.ts';
import type { FormGroup } from '../../core/form-schema.ts';
import { fields } from '../../pages/fields.ts';
import { page as pageOf } from '../../pages/frame.ts';
import { filledWith, formAndData } from '../core/forms.ts';
import { runs } from '../properties.ts';
import { expectNoSidewaysScroll, openContext, withBrowser } from './pages.ts';

const world = withBrowser();
const address = 'https://form.test/';

/** Fills in every field by its name, as a person would: boxes are checked, texts typed. */
async function fillIn(page: Page, sent: Map<string, string[]>): Promise<void> {
  for (const [name, texts] of sent) {
    const controls = page.locator(`[name="${name}"]`);
    const kind = await controls.first().getAttribute('type');
    if (kind !== 'radio' && kind !== 'checkbox') await controls.fill((texts[0] ?? '').replaceAll('\r\n', '\n'));
    else
      for (const control of await controls.all())
        if (texts.includes((await control.getAttribute('value')) ?? '')) await control.check();
  }
}

it('gives back what was filled in, for a sample of all forms', async () => {
  const { context } = await openContext(world, { javaScriptEnabled: false });
  const page = await context.newPage();
  let shown = '';
  let posted = '';
  await context.route(`${address}**`, async (route) => {
    if (route.request().method() === 'POST') posted = route.request().postData() ?? '';
    await route.fulfill({ contentType: 'text/html; charset=utf-8', body: shown });
  });
  const render = (form: FormGroup) =>
    pageOf(fields(form, undefined))
      .replace('<main>', '<main><form method="post">')
      .replace('</main>', '<button>Send</button></form></main>');
  await fc.assert(
    fc.asyncProperty(formAndData, async ({ form, data }) => {
      shown = render(form);
      await page.goto(address);
      await fillIn(page, filledWith(form, data));
      await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Send' }).click()]);
      const sent = new URLSearchParams(posted);
      const read = dataOf(form, (name) => sent.getAll(name));
      expect(read).toEqual(data);
      expect(errorsIn(form, read)).toEqual({});
    }),
    { ...runs(25), endOnFailure: true },
  );
  await context.close();
});

it('no form makes a phone’s page wider', async () => {
  const { context } = await openContext(world);
  const page = await context.newPage();
  for (const { form } of fc.sample(formAndData, 15)) {
    await page.setContent(pageOf(fields(form, undefined)));
    await expectNoSidewaysScroll(page);
  }
  await context.close();
});
