/** The real CDK CLI, pinned in node_modules, against the emulator and nothing else. */
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnChild } from './child.ts';
import { emulatorCredentials, emulatorRegion, repositoryRoot } from './emulator.ts';

export type Cdk = {
  /** Synthesizes the app into `dir/cdk.out`. */
  synth(context: Record<string, string>): Promise<void>;
  bootstrap(): Promise<void>;
  /** Deploys what `synth` made, and returns the stack's outputs. */
  deploy(stackName: string): Promise<Record<string, string>>;
};

const account = '000000000000';

/**
 * Each method rejects with the end of the CLI's output if it fails.
 * @param options.app the app's command, as in cdk.json @param options.dir where its output may lie
 */
export function cdkFor(options: { emulatorUrl: string; app: string; dir: string; signal?: AbortSignal }): Cdk {
  const bin = join(repositoryRoot, 'node_modules', '.bin');
  const assembly = join(options.dir, 'cdk.out');
  const env: Record<string, string> = {
    PATH: [bin, process.env.PATH ?? ''].join(delimiter),
    HOME: process.env.HOME ?? options.dir,
    // Nobody's real account: own credentials and endpoint, and no profile or instance role to fall back to.
    AWS_ENDPOINT_URL: options.emulatorUrl,
    AWS_ACCESS_KEY_ID: emulatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatorCredentials.secretAccessKey,
    AWS_REGION: emulatorRegion,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: emulatorRegion,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    NO_COLOR: '1',
  };

  async function cli(args: string[], cwd: string): Promise<void> {
    options.signal?.throwIfAborted();
    const child = spawnChild(process.execPath, [join(bin, 'cdk'), ...args, '--no-notices', '--ci'], {
      cwd,
      env,
      log: join(options.dir, 'cdk.log'),
    });
    const abort = () => void child.stop();
    options.signal?.addEventListener('abort', abort);
    const code = await child.exited;
    options.signal?.removeEventListener('abort', abort);
    options.signal?.throwIfAborted();
    if (code !== 0) throw new Error(`cdk ${args[0]} failed:\n${child.tail()}`);
  }

  return {
    async synth(context) {
      const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      await cli(['synth', '--quiet', '--app', options.app, '--output', assembly, ...given], repositoryRoot);
    },
    // Beside the repository's cdk.json, the CLI would look for an app to take the environment from.
    bootstrap: () => cli(['bootstrap', `aws://${account}/${emulatorRegion}`], options.dir),
    async deploy(stackName) {
      const file = join(options.dir, 'outputs.json');
      await cli(
        ['deploy', stackName, '--app', assembly, '--require-approval', 'never', '--outputs-file', file],
        options.dir,
      );
      const outputs = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
      return outputs[stackName] ?? {};
    },
  };
}
