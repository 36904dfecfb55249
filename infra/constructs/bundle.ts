/** Functions as they are deployed: each in one file that starts fast. */

import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type BuildOptions, buildSync } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');
const functions = join(root, 'functions');

/** How functions are bundled: for Node 24, in one file that starts fast. */
export const bundling = {
  // In an ES module, importing `node:http` runs its getters, and one of them loads a second HTTP client: 20 ms of a start.
  format: OutputFormat.CJS,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: LogLevel.WARNING,
  // The SDK that was tested is the SDK that runs.
  bundleAwsSDK: true,
  // Where the SDK looks for credentials if the environment has none; Lambda's always has them.
  externalModules: [
    '@aws-sdk/credential-provider-http',
    '@aws-sdk/credential-provider-ini',
    '@aws-sdk/credential-provider-process',
    '@aws-sdk/credential-provider-sso',
    '@aws-sdk/credential-provider-web-identity',
    '@smithy/credential-provider-imds',
  ],
} satisfies BundlingOptions;

/** Functions whose clients, of S3 or Lambda, load at their start what streams events. */
const streaming: ReadonlySet<string> = new Set(['checkpoint', 'media', 'push', 'steps']);

/** What a function's packages import only for what it never does. If a client needs it to start, test/infra/bundles.test.ts tells. */
const neverLoads = (folder: string): string[] => (streaming.has(folder) ? [] : ['@smithy/core/event-streams']);

/** What a function's bundle has in place of a package, or of a package's own module. */
const substitutes = (folder: string): Record<string, string> => ({
  '@aws-sdk/endpoint-cache': join(root, 'adapters', 'lambda', 'endpoint-cache.ts'),
  ...(folder === 'mcp' ? { '@modelcontextprotocol/server/_shims': join(root, 'functions', 'mcp', 'shims.ts') } : {}),
});

/** How the function in this folder is bundled, but for what is compiled in. */
export const bundlerOptions = (folder: string) =>
  ({
    bundle: true,
    platform: 'node',
    format: bundling.format,
    target: bundling.target,
    mainFields: bundling.mainFields,
    minify: bundling.minify,
    external: [...bundling.externalModules, ...neverLoads(folder)],
    alias: substitutes(folder),
    logLevel: bundling.logLevel,
    absWorkingDir: root,
  }) satisfies BuildOptions;

/** The code of the function in this folder. @param define expressions that are compiled in */
export function codeOf(folder: string, define: Record<string, string>): Code {
  const options = JSON.stringify({ ...bundlerOptions(folder), define });
  return Code.fromAsset(join(functions, folder), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Bundled here, in no container. What the CDK would call there tells it functions of other options apart.
      image: DockerImage.fromRegistry('none'),
      command: [options],
      local: {
        tryBundle(outputDir) {
          writeFileSync(join(outputDir, 'index.js'), bundleOf(folder, options));
          return true;
        },
      },
    },
  });
}

/** By options, then by folder. */
const known = new Map<string, Map<string, Uint8Array>>();

/**
 * Bundles all functions of the same options at once: what they share is parsed once, and no bundler starts for each.
 * Measured: 8 s of a core for all, 24 s one by one, and 40 s as the CDK does it, which starts npx for each.
 */
function bundleOf(folder: string, options: string): Uint8Array {
  const bundles = known.get(options) ?? bundleAll(options);
  known.set(options, bundles);
  const bundle = bundles.get(folder);
  if (!bundle) throw new Error(`functions/${folder} has no handler.ts`);
  return bundle;
}

function bundleAll(options: string): Map<string, Uint8Array> {
  const { define, ...alike } = JSON.parse(options);
  const folders = globSync('**/handler.ts', { cwd: functions })
    .map((file) => dirname(file))
    .filter((one) => JSON.stringify(bundlerOptions(one)) === JSON.stringify(alike));
  const outdir = mkdtempSync(join(tmpdir(), 'holdpoint-bundles-'));
  try {
    const entryPoints = folders.map((one) => join(functions, one, 'handler.ts'));
    buildSync({ ...alike, define, entryPoints, outbase: functions, outdir });
    return new Map(folders.map((one) => [one, readFileSync(join(outdir, one, 'handler.js'))]));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
