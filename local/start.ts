/** `npm start`: Holdpoint on this machine, with a sample refund that waits for your decision. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from './emulator.ts';
import { type Api, type IntentView, isTerminal, untilStatus } from './intents.ts';
import { localKey } from './keys.ts';
import { Advice } from './python.ts';
import { openSample, type Sample, sampleIntent, sampleMail } from './sample.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { terminal } from './terminal.ts';

const defaultPort = 7300;
// A person decides when they like; the waiting ends with Ctrl-C.
const oneYearSeconds = 365 * 24 * 3600;

const show = terminal(process.stdout);
let dir = '';
const stopping = new AbortController();
let stack: LocalStack | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  });
}

try {
  await main();
} catch (error) {
  if (stopping.signal.aborted) show.line('Stopped.');
  else {
    process.exitCode = 1;
    const { message } = error as Error;
    show.line(error instanceof Advice ? message : `${message}\nLogs are in ${dir}.`);
  }
}
if (stack) {
  show.line();
  await show.step('Stopping, saving the state', stack.stop);
}
process.exit();

async function main(): Promise<void> {
  const { fresh, port, home } = readArguments();
  dir = join(home, 'local');
  show.line(show.bold('Holdpoint on this machine'));
  stack = await startLocalStack({
    dir,
    fresh,
    persist: true,
    ...(port === undefined ? {} : { port }),
    defaultPort,
    step: show.step,
    signal: stopping.signal,
  });
  const { baseUrl, mailboxUrl, emulatorUrl, providerUrl, region, outputs, aws } = stack;
  const key = await localKey(aws, outputs.ControlTable ?? '', join(dir, 'api-key.json'));
  const file = join(home, 'local.json');
  const found = { baseUrl, ...key, mailboxUrl, emulatorUrl, providerUrl, region };
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);

  const api: Api = { baseUrl, apiKey: key.apiKey };
  const running = stack;
  const { sample, link, to } = await show.step('Sample refund, held for a person', async () => {
    const opened = await openSample(running, api, dir);
    const found = await sampleMail(running, opened.orderId);
    return { sample: opened, link: found.link, to: found.mail.to.join(', ') };
  });
  describe(api, mailboxUrl, sample, link, to);

  const decided = untilStatus(api, sample.intentId, isTerminal, oneYearSeconds).then(showResult);
  await Promise.race([decided.then(() => stopped()), stopped()]);
}

/** Resolves when the user or the system wants an end. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener('abort', () => resolve());
  });
}

function describe(api: Api, mailboxUrl: string, sample: Sample, link: string, to: string): void {
  const header = `-H 'x-api-key: ${api.apiKey}'`;
  show.line();
  show.line(
    `An agent asks to refund 180.00 EUR of order ${sample.orderId}. ${sample.resumed ? 'It still waits' : 'It waits'} for you:`,
  );
  show.line();
  show.line(`  ${show.bold(link)}`);
  show.line();
  show.facts([
    ['mailed to', to],
    ['mailbox', mailboxUrl],
    ['inbox', `${api.baseUrl}/inbox`],
    ['API', api.baseUrl],
    ['API key', api.apiKey],
  ]);
  show.line();
  show.line(show.soft('Submit one that policy allows by itself, and read the one that waits:'));
  show.line();
  const body = JSON.stringify(sampleIntent('A-1043', 30_00));
  show.line(
    `curl -s ${api.baseUrl}/v1/intents ${header} -H "idempotency-key: $(date +%s)" -H 'content-type: application/json' -d '${body}'`,
  );
  show.line();
  show.line(`curl -s ${api.baseUrl}/v1/intents/${sample.intentId} ${header}`);
  show.line();
  show.line(show.soft('Or by command, in another terminal:'));
  show.line();
  show.line(`npx holdpoint intents watch ${sample.intentId}`);
  show.line();
  show.line(
    show.soft(
      'Ctrl-C stops everything. What waits goes on waiting, and its links work again after the next npm start.',
    ),
  );
}

function showResult(intent: IntentView): void {
  const { status, result, error } = intent;
  const { output, ...said } = result ?? {};
  show.line();
  show.line(`${show.bold('Decided:')} ${status}`);
  // What the tool returned, the refund's id in front of all, and the decision.
  const rows = Object.entries({ ...(output as object | undefined), ...said, ...error });
  show.facts(rows.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
}

function readArguments(): { fresh: boolean; port: number | undefined; home: string } {
  const usage = `npm start -- [--fresh] [--port ${defaultPort}] [--home .holdpoint]`;
  try {
    const { values } = parseArgs({
      options: {
        // Wipes what was kept from earlier starts, but not the Python environment.
        fresh: { type: 'boolean', default: false },
        port: { type: 'string' },
        home: { type: 'string', default: join(repositoryRoot, '.holdpoint') },
      },
    });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) throw new Error('no port');
    return { fresh: values.fresh, port, home: resolve(values.home) };
  } catch {
    throw new Advice(`Usage: ${usage}`);
  }
}
