/** Holdpoint on this machine: emulated AWS, sandbox provider, the real deployment of the real app, and one address for all of it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { type AwsConfig, awsConfig } from './aws.ts';
import { cdkFor } from './cdk.ts';
import { type Emulator, emulatorRegion, freePort, startEmulator } from './emulator.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startGateway } from './gateway.ts';
import { type Invocations, startInvocations } from './invocations.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';
import { startProvider } from './provider/process.ts';
import { sandboxSecretKey } from './provider/server.ts';
import { ensurePython } from './python.ts';

export type LocalStackOptions = {
  /** Folder for all state, logs and the synthesized app. */
  dir: string;
  /** Wipes `dir` first. */
  fresh?: boolean;
  /** Port of `baseUrl`: 0 takes a free one; without it, the one this `dir` had before (mails hold links), or `defaultPort`. */
  port?: number;
  /** 0, a free one, if not given. */
  defaultPort?: number;
  /** Keeps the state of the emulated AWS over `stop` and `restartEmulator`. */
  persist?: boolean;
  /** Puts fault proxies between the functions and AWS, and between them and the provider; `keepBodies`: their logs have every call's body. */
  faultProxy?: boolean | 'keepBodies';
  /** Holds every function to its role, as AWS does, and keeps a trail of it in `dir`. */
  auth?: boolean;
  /** Scales Wait states and intervals of Retry in runs; see `EmulatorOptions`. */
  waitScale?: number;
  /** The app to deploy and its stack; the default is this repository's. */
  app?: { command: string; stackName: string };
  /** Further `-c name=value` for the app. */
  context?: Record<string, string>;
  /** Shows a step while it runs; it must return what `run` returns. */
  step?: <T>(title: string, run: () => Promise<T>) => Promise<T>;
  /** Gives up, and stops what was started. */
  signal?: AbortSignal;
};

export type LocalStack = {
  /** Where links in mails begin: API, approval pages and mailbox. */
  baseUrl: string;
  mailboxUrl: string;
  emulatorUrl: string;
  providerUrl: string;
  region: string;
  /** The stack's outputs. */
  outputs: Record<string, string>;
  /** For any AWS SDK client; goes to the emulator directly, never through the fault proxy. */
  aws: AwsConfig;
  mailbox: Mailbox;
  emulator: Emulator;
  /** All three with `faultProxy`. */
  faultProxy: FaultProxy | undefined;
  providerProxy: FaultProxy | undefined;
  invocations: Invocations | undefined;
  /** The folder of the trail, where `auth` is on; see `EmulatorOptions`. */
  trail: string | undefined;
  /** Stops everything in order; the state is saved if `persist`. */
  stop(): Promise<void>;
  /** Ends and starts the emulated AWS: every run that was open is FAILED then, as only the table survives. */
  restartEmulator(): Promise<void>;
  /** Synthesizes and deploys the app as it is by now. Rejects with the end of the CLI's output where that fails. */
  deployAgain(): Promise<void>;
};

/** Locally, the bus has the events of these tenants, and two doors: orders that are on it become intents, and letters, of a tenant that it doesn't tell of. */
const localEvents = {
  bus: ['local/main', 'events/main'],
  doors: [
    {
      name: 'orders',
      bus: 'holdpoint',
      pattern: { source: ['shop.orders'], 'detail-type': ['Order held'] },
      tenant: 'events/main',
      agent: 'orders',
      intent: {
        intent_type: 'parcels.pack.v1',
        to_agent: 'packer',
        payload: { parcel: '$.detail.parcel', note: '$?.detail.note', price: '$$10' },
        deadline_at: '$?.detail.deadline',
        parent_intent_id: '$?.detail.parent',
      },
    },
    {
      name: 'letters',
      bus: 'holdpoint',
      pattern: { source: ['shop.letters'], 'detail-type': ['Letter came'] },
      tenant: 'letters/main',
      agent: 'letters',
      intent: { intent_type: 'letters.read.v1', to_agent: 'clerk', payload: { letter: '$.detail.letter' } },
    },
  ],
};

/** The address that mails come from locally. */
export const localSender = 'approvals@holdpoint.example';

/** Starts all of it. If a step fails, what was started is stopped and the error thrown; @throws Advice that says what to do */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { dir, signal } = options;
  const step = options.step ?? ((_title, run) => run());
  const stops: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    // Latest first; one that fails doesn't keep the others running.
    for (const each of stops.splice(0).reverse()) await Promise.resolve(each()).catch(() => undefined);
  };
  try {
    const remembered = options.fresh ? {} : readPorts(dir);
    const gateway = await startGateway({ port: options.port ?? remembered.port ?? options.defaultPort ?? 0 });
    stops.push(gateway.close);
    if (options.fresh) rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true, mode: 0o700 });

    await step('Python environment with the emulator', () => ensurePython());
    signal?.throwIfAborted();
    const ports: Ports = {
      port: gateway.port,
      emulator: await freePort(remembered.emulator),
      provider: await freePort(remembered.provider),
    };
    writeFileSync(join(dir, 'ports.json'), JSON.stringify(ports));
    const emulatorUrl = `http://127.0.0.1:${ports.emulator}`;

    const provider = await startProvider({
      state: join(dir, 'provider'),
      port: ports.provider,
      log: join(dir, 'provider.log'),
    });
    stops.push(provider.stop);
    const invocations = options.faultProxy ? await startInvocations() : undefined;
    const proxyTo = async (target: string) =>
      invocations && startFaultProxy({ target, invocations, keepBodies: options.faultProxy === 'keepBodies' });
    const faultProxy = await proxyTo(emulatorUrl);
    const providerProxy = await proxyTo(provider.url);
    for (const each of [invocations, faultProxy, providerProxy]) if (each) stops.push(each.close);

    const app = options.app ?? { command: 'node infra/app.ts', stackName: 'Holdpoint' };
    const cdk = cdkFor({ emulatorUrl, app: app.command, dir, ...(signal ? { signal } : {}) });
    const context = {
      stage: 'disposable',
      publicBaseUrl: gateway.url,
      providerUrl: providerProxy?.url ?? provider.url,
      sender: localSender,
      chat: 'true',
      localReceivers: JSON.stringify(['127.0.0.1', 'localhost']),
      events: JSON.stringify(localEvents),
      // Nobody shares this machine's deployment.
      rateLimit: '100000',
      ...options.context,
    };
    // Needs only the addresses: runs while the emulator starts.
    const synthesized = cdk.synth(context);
    synthesized.catch(() => undefined);
    const trail = options.auth ? join(dir, 'trail') : undefined;
    const emulator = await step('Local AWS', () =>
      startEmulator({
        dir: join(dir, 'aws'),
        port: ports.emulator,
        persist: options.persist ?? false,
        ...(faultProxy ? { functionsEndpoint: faultProxy.url } : {}),
        ...(invocations ? { invocationsUrl: invocations.url } : {}),
        ...(options.waitScale === undefined ? {} : { waitScale: options.waitScale }),
        ...(trail === undefined ? {} : { trail }),
      }),
    );
    stops.push(emulator.stop);
    signal?.throwIfAborted();
    await step('cdk bootstrap', cdk.bootstrap);
    const outputs = await step('cdk deploy', async () => {
      await synthesized;
      return cdk.deploy(app.stackName);
    });
    const aws = awsConfig(emulatorUrl);
    await step('Provider key and sender', () => configure(aws, outputs));

    const mailbox = openMailbox({ emulatorUrl, file: join(dir, 'mails.jsonl') });
    stops.push(mailbox.close, () => mailbox.refresh());
    gateway.serve({ emulatorUrl, apiId: apiIdOf(outputs), mailbox });
    return {
      baseUrl: gateway.url,
      mailboxUrl: `${gateway.url}/mailbox`,
      emulatorUrl,
      providerUrl: provider.url,
      region: emulatorRegion,
      outputs,
      aws,
      mailbox,
      emulator,
      faultProxy,
      providerProxy,
      invocations,
      trail,
      stop,
      async deployAgain() {
        await cdk.synth(context);
        await cdk.deploy(app.stackName);
      },
      async restartEmulator() {
        await mailbox.refresh();
        await emulator.restart();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Ports = { port: number; emulator: number; provider: number };

function readPorts(dir: string): Partial<Ports> {
  const file = join(dir, 'ports.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Ports) : {};
}

/** What a platform engineer does by hand after the first deployment: the provider's key, and a verified sender. */
export async function configure(aws: AwsConfig, outputs: Record<string, string>): Promise<void> {
  const SecretId = outputs.ProviderSecretArn;
  if (SecretId) {
    const secrets = new SecretsManagerClient(aws);
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString !== sandboxSecretKey) {
      await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: sandboxSecretKey }));
    }
  }
  await new SESClient(aws).send(new VerifyEmailIdentityCommand({ EmailAddress: localSender }));
}

/** The HTTP API's id in a stack's outputs. */
export function apiIdOf(outputs: Record<string, string>): string {
  const id = /^https?:\/\/([^./]+)\.execute-api\./.exec(outputs.ApiUrl ?? '')?.[1];
  if (!id) throw new Error(`The stack's output ApiUrl is not an address of API Gateway: ${outputs.ApiUrl}`);
  return id;
}
