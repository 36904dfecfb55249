/** What a deployed function's code weighs and how long it takes to load, beside an empty function with the same SDK clients. */

import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type BuildOptions, build } from 'esbuild';
import { bundling } from '../infra/constructs/node-function.ts';
import { neverLoads } from '../infra/constructs/tool-function.ts';
import type { AwsConfig } from '../local/aws.ts';
import { repositoryRoot } from '../local/emulator.ts';
import { holdpointStackName, type Pair } from './pairs.ts';
import type { FunctionFigures } from './results.ts';

/** A deployed function: its code as it was uploaded, and the environment it runs in. */
export interface DeployedFunction {
  name: string;
  /** Under `functions/`. */
  folder: string;
  file: string;
  env: Record<string, string>;
}

interface FunctionResource {
  Type: string;
  Properties: {
    Description: string;
    Code: { S3Key: string };
    Environment: { Variables: { POWERTOOLS_SERVICE_NAME: string } };
  };
}

/** Holdpoint's functions of a pair. @param dir that it was deployed from */
export async function functionsOf(aws: AwsConfig, dir: string, { name, outputs }: Pair): Promise<DeployedFunction[]> {
  const assembly = join(dir, 'cdk.out');
  const template = readFileSync(join(assembly, `${holdpointStackName(name)}.template.json`), 'utf8');
  const resources = Object.values((JSON.parse(template) as { Resources: Record<string, FunctionResource> }).Resources);
  const deployed = JSON.parse(outputs.holdpoint.Functions ?? '{}') as Record<string, string>;
  const lambda = new LambdaClient(aws);
  return Promise.all(
    resources
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(async ({ Properties: { Description, Code, Environment } }) => {
        const called = Environment.Variables.POWERTOOLS_SERVICE_NAME;
        const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: deployed[called] }));
        return {
          name: called,
          folder: Description.replace(/^Holdpoint: /, ''),
          file: join(assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.js'),
          env: { ...found.Environment?.Variables },
        };
      }),
  );
}

/** How the CDK calls the bundler for this function. */
const optionsOf = ({ folder }: DeployedFunction) =>
  ({
    bundle: true,
    platform: 'node',
    format: bundling.format,
    target: bundling.target,
    mainFields: bundling.mainFields,
    minify: bundling.minify,
    external: [...bundling.externalModules, ...(folder.startsWith('tools/') ? neverLoads : [])],
    logLevel: 'warning',
    absWorkingDir: repositoryRoot,
  }) satisfies BuildOptions;

/** Packages whose code is in the function's bundle. */
async function packagesIn(one: DeployedFunction): Promise<string[]> {
  const { metafile } = await build({
    ...optionsOf(one),
    entryPoints: [join('functions', one.folder, 'handler.ts')],
    define: { HOLDPOINT_DIRECTORY: '""' },
    write: false,
    metafile: true,
  });
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const names = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names)].filter((name) => name !== undefined).sort();
}

const documentClient = '@aws-sdk/lib-dynamodb';
const isClient = (name: string) => name.startsWith('@aws-sdk/client-') || name === documentClient;

/** Imports and makes the same clients, and does nothing. */
export async function emptyFunction(packages: readonly string[]): Promise<string> {
  const clients = await Promise.all(packages.filter((name) => name.includes('/client-')).map(clientOf));
  const makes = clients.map(({ client }) => `new ${client}({})`);
  const wrapped = makes.map((make) =>
    packages.includes(documentClient) && make.includes('DynamoDB') ? `DynamoDBDocumentClient.from(${make})` : make,
  );
  return [
    ...clients.map(({ client, from }) => `import { ${client} } from '${from}';`),
    ...(packages.includes(documentClient) ? [`import { DynamoDBDocumentClient } from '${documentClient}';`] : []),
    ...(packages.includes('stripe') ? ["import Stripe from 'stripe';", "new Stripe('sk_test_empty');"] : []),
    ...wrapped.map((make) => `${make};`),
    'export const handler = async () => {};',
  ].join('\n');
}

async function clientOf(from: string): Promise<{ client: string; from: string }> {
  const client = Object.keys(await import(from)).find((name) => /^[A-Z]\w*Client$/.test(name));
  if (!client) throw new Error(`${from} exports no client.`);
  return { client, from };
}

/** Bundles a program as the function is bundled, and gives its file. */
async function bundleLike(one: DeployedFunction, contents: string, file: string): Promise<string> {
  const { outputFiles } = await build({
    ...optionsOf(one),
    stdin: { contents, resolveDir: repositoryRoot, loader: 'js' },
    write: false,
  });
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  return file;
}

const measureLoad =
  'const from = performance.now(); require(process.argv[1]); process.stdout.write(String(performance.now() - from));';

/** Milliseconds that a fresh process of this Node takes to load a bundle. */
async function loadTime(file: string, env: Record<string, string>): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', measureLoad, file], {
    env: { ...env, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
  // A logger may have said something first.
  return Number(stdout.split('\n').at(-1));
}

/** @param dir for the empty functions @param rounds how often each is loaded, in turn with its empty one */
export async function functionFigures(
  functions: readonly DeployedFunction[],
  dir: string,
  rounds: number,
): Promise<FunctionFigures[]> {
  const prepared = await Promise.all(
    functions.map(async (one) => {
      const packages = await packagesIn(one);
      const clients = packages.filter(isClient);
      const empty = await bundleLike(one, await emptyFunction(clients), join(dir, `empty-${one.name}.js`));
      const stripe = packages.includes('stripe')
        ? await bundleLike(one, await emptyFunction([...clients, 'stripe']), join(dir, `stripe-${one.name}.js`))
        : undefined;
      const figures: FunctionFigures = {
        name: one.name,
        bytes: statSync(one.file).size,
        clients,
        milliseconds: [],
        emptyMilliseconds: [],
        ...(stripe && { emptyWithStripeMilliseconds: [] }),
      };
      return { ...one, empty, stripe, figures };
    }),
  );
  // The first round reads files into the system's cache.
  for (let round = 0; round <= rounds; round += 1)
    for (const { file, env, empty, stripe, figures } of prepared) {
      const turns: [string, number[] | undefined][] = [
        [file, figures.milliseconds],
        [empty, figures.emptyMilliseconds],
      ];
      if (stripe) turns.push([stripe, figures.emptyWithStripeMilliseconds]);
      for (const [bundled, times] of round % 2 === 0 ? turns : turns.toReversed()) {
        const time = await loadTime(bundled, env);
        if (round > 0) times?.push(time);
      }
    }
  return prepared.map(({ figures }) => figures);
}
