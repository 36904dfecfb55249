/** The SDK in a page, as it is built and not bundled again. The API answers no other origin: the page's own server passes calls on. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bearerOf } from '../../adapters/lambda/session.ts';
import { Door } from '../clients/sdk/door.ts';
import type { everywhere, Given } from '../clients/sdk/everywhere.ts';
import { builtApp, expectWhole, signedWebhook } from '../clients/sdk/packed.ts';
import { signIn } from '../deployed/person.ts';
import { newAgent, stack } from '../deployed/world.ts';
import { openContext, withBrowser } from './pages.ts';

const script = 'text/javascript';
const page = `<!doctype html><link rel="icon" href="data:,">
  <script type="importmap">{ "imports": { "@holdpoint/sdk": "/sdk.js" } }</script>
  <script type="module">
    import { everywhere } from '/everywhere.js';
    globalThis.everywhere = everywhere;
  </script>`;

const world = withBrowser();
let door: Door;
beforeAll(async () => {
  const { dir, app, sdk } = builtApp();
  const files = {
    '/page': { type: 'text/html', body: page },
    '/sdk.js': { type: script, body: readFileSync(join(sdk, 'index.js'), 'utf8') },
    '/everywhere.js': { type: script, body: readFileSync(join(app, 'everywhere.js'), 'utf8') },
  };
  rmSync(dir, { recursive: true, force: true });
  door = new Door({ baseUrl: stack.baseUrl, fetch }, files);
  await door.open();
});
afterAll(() => door?.close());

type Done = Awaited<ReturnType<typeof everywhere>>;

it('does all that it is for in Chromium, and speaks to its own origin alone', async () => {
  const packer = await newAgent(world.agent.tenant, 'packer');
  const given: Given = {
    ...{ baseUrl: door.url, sender: world.agent.key, packer: { address: packer.address, key: packer.key } },
    ...{ session: bearerOf(await signIn('ada')), webhook: signedWebhook() },
  };
  const { context, expectQuiet } = await openContext(world, {}, ({ origin }) => origin === door.url);
  const tab = await context.newPage();
  await tab.goto(`${door.url}/page`);
  await tab.waitForFunction('globalThis.everywhere');
  const done = await tab.evaluate<Done>(`everywhere(${JSON.stringify(given)})`);
  expectWhole(done, 'Chrome/');
  expectQuiet();
  await context.close();
});

it('is refused by the browser where the page is of another origin: the API allows none', async () => {
  const { context } = await openContext(world, {}, ({ origin }) => origin === door.url);
  const tab = await context.newPage();
  await tab.goto(`${door.url}/page`);
  await tab.waitForFunction('globalThis.everywhere');
  const { baseUrl } = stack;
  const refused = await tab.evaluate<[string, string]>(
    `import('/sdk.js').then(({ HoldpointClient }) =>
      new HoldpointClient({ baseUrl: '${baseUrl}', apiKey: '${world.agent.key}', retries: 0 }).list())
      .catch(({ name, message }) => [name, message])`,
  );
  expect(refused).toEqual(['ConnectionError', 'The deployment could not be reached.']);
  await context.close();
});
