/** The local AWS: a pinned emulator in a virtual environment of ours, started by `emulator/launcher.py`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { type Child, spawnChild } from './child.ts';
import { ensurePython } from './python.ts';
import { until } from './until.ts';

export const repositoryRoot = join(import.meta.dirname, '..');

/** The Region that the emulator plays. */
export const emulatorRegion = 'us-east-1';

/** Credentials that the emulator takes as its account's own. They open nothing else. */
export const emulatorCredentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export type EmulatorOptions = {
  /** Folder for the emulator's state, temporary files and log. */
  dir: string;
  /** 0 or nothing takes a free port. */
  port?: number;
  /** Saves the state at `stop` and reads it at the start. */
  persist?: boolean;
  /** Where functions reach AWS, for example a proxy in front of the emulator; the emulator itself if not given. */
  functionsEndpoint?: string | ((emulatorUrl: string) => string);
  /** Scales Wait states and the intervals of Retry: 0.1 makes ten seconds one. Timeouts are not scaled. */
  waitScale?: number;
  /** Holds every function to its role, and keeps a trail in this folder: `decisions.jsonl` (lines of `AccessDecision`), `requests.jsonl`. */
  trail?: string;
  /** Is told of each invocation of a function before it begins and after it ended; see `startInvocations`. */
  invocationsUrl?: string;
  /** Further variables of the emulator's environment; functions see them too. */
  env?: Record<string, string>;
};

/** Whether somebody was allowed to do something, as a line of the trail. */
export type AccessDecision = {
  /** Seconds since 1970. */
  at: number;
  /** For a function `arn:aws:sts::<account>:assumed-role/<role>/<function>`. */
  principal: string;
  action: string;
  resource: string;
  allowed: boolean;
};

export type Emulator = {
  url: string;
  port: number;
  /** Ends it with SIGTERM and waits until its state is saved. */
  stop(): Promise<void>;
  /** Ends it at once, saving nothing. */
  kill(): Promise<void>;
  /** `stop` and start again on the same port; only what `persist` saves comes back. */
  restart(): Promise<void>;
};

// Importing the emulator takes about 3 s on a free core; ten times that for a busy machine.
const startSeconds = 60;
// It saves all that it holds when it is stopped; killed before that, it begins anew with nothing.
const saveSeconds = 180;

/** Starts the emulator and waits until it answers. Rejects with a sentence for the user if Python is missing. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const python = await ensurePython();
  const port = options.port || (await freePort());
  const url = `http://127.0.0.1:${port}`;
  let child = await launch(python, port, url, options);
  return {
    url,
    port,
    stop: () => child.stop(),
    kill: () => child.kill(),
    async restart() {
      await child.stop();
      child = await launch(python, port, url, options);
    },
  };
}

async function launch(python: string, port: number, url: string, options: EmulatorOptions): Promise<Child> {
  const temporary = join(options.dir, 'tmp');
  mkdirSync(temporary, { recursive: true });
  // Functions are unpacked here; without it, Node would take them for parts of the package around this folder.
  writeFileSync(join(temporary, 'package.json'), '{"type":"commonjs"}\n');
  const { functionsEndpoint } = options;
  const endpoint = typeof functionsEndpoint === 'function' ? functionsEndpoint(url) : (functionsEndpoint ?? url);
  // A clean environment: functions inherit what the emulator has.
  const env: Record<string, string> = {
    // Functions run with the Node that this repository pins.
    PATH: [join(repositoryRoot, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    HOME: process.env.HOME ?? temporary,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    GATEWAY_PORT: String(port),
    // Addresses that it makes up, such as those of queues, begin with this.
    MINISTACK_HOST: '127.0.0.1',
    BIND_HOST: '127.0.0.1',
    MINISTACK_REGION: emulatorRegion,
    STATE_DIR: join(options.dir, 'state'),
    S3_DATA_DIR: join(options.dir, 's3'),
    IOT_MTLS_ENABLED: '0',
    LOG_LEVEL: 'WARNING',
    AWS_ENDPOINT_URL: endpoint,
    ...(options.persist ? { PERSIST_STATE: '1', S3_PERSIST: '1' } : {}),
    ...(options.waitScale === undefined ? {} : { SFN_WAIT_SCALE: String(options.waitScale) }),
    ...(options.trail === undefined ? {} : { AUTH: 'true', CLOUDTRAIL_RECORDING: '1', TRAIL_FOLDER: options.trail }),
    ...options.env,
  };
  const launcher = join(import.meta.dirname, 'emulator', 'launcher.py');
  const tell = options.invocationsUrl === undefined ? [] : ['--tell-invocations', options.invocationsUrl];
  const child = spawnChild(python, [launcher, '--with-parent', ...tell], {
    cwd: options.dir,
    env,
    log: join(options.dir, 'emulator.log'),
    tieToParent: true,
    graceSeconds: saveSeconds,
  });
  let ended = false;
  child.exited.then(() => {
    ended = true;
  });
  await until('the emulator answers', startSeconds, async () => {
    if (ended) throw new Error(`The emulator ended while starting:\n${child.tail()}`);
    return isHealthy(url);
  });
  return child;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_ministack/health`)).ok;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago on 127.0.0.1: `wanted` if it is, else any. */
export async function freePort(wanted = 0): Promise<number> {
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.on('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(address && typeof address === 'object' ? address.port : port));
      });
    });
  return listen(wanted).catch(() => listen(0));
}
