import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkIn } from '../../local/mailbox.ts';
import { sandboxSecretKey } from '../../local/provider/server.ts';
import { ensurePython } from '../../local/python.ts';
import { type LocalStack, localSender, startLocalStack } from '../../local/stack.ts';

let dir: string;
let stack: LocalStack;
const app = { command: 'node test/local/tiny-app.ts', stackName: 'Tiny' };
const steps: string[] = [];

const start = () =>
  startLocalStack({
    dir,
    app,
    persist: true,
    faultProxy: true,
    step: (title, run) => {
      steps.push(title);
      return run();
    },
  });

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-stack-'));
  stack = await start();
});
afterAll(async () => {
  await stack?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const mail = (subject: string, text: string, html: string) =>
  new SESClient(stack.aws).send(
    new SendEmailCommand({
      Source: localSender,
      Destination: { ToAddresses: ['ada@example.com'] },
      Message: { Subject: { Data: subject }, Body: { Text: { Data: text }, Html: { Data: html } } },
    }),
  );

it('deploys for real and tells the app where it is', async () => {
  expect(steps).toEqual([
    'Python environment with the emulator',
    'Local AWS',
    'cdk bootstrap',
    'cdk deploy',
    'Provider key and sender',
  ]);
  const told = await (await fetch(`${stack.baseUrl}/health`)).json();
  expect(told).toMatchObject({
    BASE_URL: stack.baseUrl,
    PROVIDER_URL: stack.providerProxy?.url,
    AWS_ENDPOINT_URL: stack.faultProxy?.url,
  });
  const { SecretString } = await new SecretsManagerClient(stack.aws).send(
    new GetSecretValueCommand({ SecretId: stack.outputs.ProviderSecretArn }),
  );
  expect(SecretString).toBe(sandboxSecretKey);
  expect((await fetch(`${stack.providerUrl}/_sandbox/health`)).status).toBe(200);
});

it('passes method, path, query, headers and body on as they are', async () => {
  const body = JSON.stringify({ note: 'zwölf €' });
  const answer = await fetch(`${stack.baseUrl}/v1/intents?a=1&b=x%20y&b=2`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'k', 'idempotency-key': 'i' },
    body,
  });
  expect(answer.headers.get('x-told')).toBe('POST');
  expect(await answer.json()).toMatchObject({
    method: 'POST',
    rawPath: '/v1/intents',
    rawQueryString: 'a=1&b=x%20y&b=2',
    headers: { 'x-api-key': 'k', 'idempotency-key': 'i' },
    body,
  });
  const head = await fetch(`${stack.baseUrl}/a/link`, { method: 'HEAD' });
  expect([head.status, head.headers.get('x-told'), await head.text()]).toEqual([200, 'HEAD', '']);
  expect((await fetch(`${stack.baseUrl}/a/link`, { method: 'OPTIONS' })).headers.get('x-told')).toBe('OPTIONS');
});

it('shows captured mails, escaped, with links that lead out of the frame', async () => {
  const link = `${stack.baseUrl}/a/abc-_123`;
  await mail('First', 'one', '');
  await mail('<b>Second</b>', `Open ${link}.\n<script>x</script>`, `<p>Open <a href="${link}">it</a> & "see"</p>`);
  const { mails } = (await (await fetch(`${stack.baseUrl}/mailbox.json`)).json()) as { mails: { subject: string }[] };
  expect(mails.map(({ subject }) => subject)).toEqual(['<b>Second</b>', 'First']);
  const list = await (await fetch(`${stack.baseUrl}/`)).text();
  expect(list).toContain('&lt;b&gt;Second&lt;/b&gt;');
  expect(list.indexOf('Second')).toBeLessThan(list.indexOf('First'));
  const page = await fetch(`${stack.baseUrl}/mailbox/2`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const shown = await page.text();
  expect(shown).toContain('sandbox="allow-top-navigation-by-user-activation"');
  expect(shown).toContain('srcdoc="&lt;base target=&quot;_top&quot;&gt;');
  expect(shown).toContain('&lt;p&gt;Open &lt;a href=&quot;');
  expect(shown).toContain(`<a href="${link}">${link}</a>.`);
  expect(shown).not.toContain('<script>');
  expect((await fetch(`${stack.baseUrl}/mailbox/99`)).status).toBe(404);
  const [second] = stack.mailbox.mails.slice(-1);
  expect(second && linkIn(second, stack.baseUrl)).toBe(link);
  expect(statSync(join(dir, 'mails.jsonl')).mode & 0o777).toBe(0o600);
});

it('keeps mails and the deployment over a restart of the emulator, and of everything', async () => {
  const { baseUrl, emulatorUrl, providerUrl } = stack;
  await mail('Just before', 'three', '');
  await stack.restartEmulator();
  expect((await fetch(`${baseUrl}/health`)).status).toBe(200);
  await mail('Between', 'four', '');
  await stack.stop();
  stack = await start();
  expect(stack).toMatchObject({ baseUrl, emulatorUrl, providerUrl });
  expect((await fetch(`${baseUrl}/health`)).status).toBe(200);
  await mail('After', 'five', '');
  const subjects = (await stack.mailbox.refresh()).map(({ subject }) => subject);
  expect(subjects).toEqual(['First', '<b>Second</b>', 'Just before', 'Between', 'After']);
});

it('says what to do when the port is taken, Python is missing, or a deployment fails', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.on('listening', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(startLocalStack({ dir: join(dir, 'x'), app, port })).rejects.toThrow(`Port ${port} is taken`);
  other.close();
  await expect(ensurePython(['no-such-python'], join(dir, 'venv'))).rejects.toThrow('Python 3.10 or newer is needed');
  await expect(
    startLocalStack({ dir: join(dir, 'y'), app: { command: 'node -e "process.exit(3)"', stackName: 'None' } }),
  ).rejects.toThrow('cdk synth failed');
});
