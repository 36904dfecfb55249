/** The code of deployed functions, and of empty ones that are bundled in the same way. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { build } from 'esbuild';
import { bundlerOptions } from '../infra/constructs/bundle.ts';
import type { AwsConfig } from '../local/aws.ts';
import { repositoryRoot } from '../local/emulator.ts';
import { holdpointStackName, type Pair } from './pairs.ts';

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

/** Packages whose code is in the function's bundle. */
export async function packagesIn(one: DeployedFunction): Promise<string[]> {
  const { metafile } = await build({
    ...bundlerOptions(one.folder),
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
export const isClient = (name: string) => name.startsWith('@aws-sdk/client-') || name === documentClient;

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
export async function bundleLike(one: DeployedFunction, contents: string, file: string): Promise<string> {
  const { outputFiles } = await build({
    ...bundlerOptions(one.folder),
    stdin: { contents, resolveDir: repositoryRoot, loader: 'js' },
    write: false,
  });
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  return file;
}
